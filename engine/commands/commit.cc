// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/commit.h"

#include "engine/commit.h"
#include "engine/crypto/ecc_schemes.h"
#include "engine/object/ecc_key.h"

namespace vtpm::engine {
namespace {

using wire::AlgId;

// [scalar]point, or [scalar]G without a point.
TpmResult<wire::EccPoint> multiple(crypto::Curve curve, ByteView scalar,
                                   const crypto::EccPoint* point) {
  auto product = point ? crypto::multiply_point(curve, scalar, *point)
                       : crypto::multiply_generator(curve, scalar);
  REQUIRE(product, rc::NoResult);
  return to_wire_point(*product);
}

bool is_empty(const wire::EccPoint& point) {
  return point.x.empty() && point.y.empty();
}

// The points that the caller gives (Part 1, 44.2.3, steps 1 to 5).
struct Bases {
  std::optional<crypto::EccPoint> p1, p2;
};
TpmResult<Bases> bases_of(const Object& key, crypto::Curve curve, const Commit::Params& params) {
  Bases bases;
  REQUIRE(params.s2.empty() == params.y2.empty(), rc::Size.parameter(3));
  if (!params.s2.empty()) {
    AlgId own = key.pub.name_hash;
    auto hash = to_crypto(own == AlgId::Null ? kIntegrityHash : own);
    bases.p2 = {crypto::field_element(curve, crypto::hash(hash, params.s2.view())),
                to_bytes(params.y2)};
    REQUIRE(crypto::is_on_curve(curve, *bases.p2), rc::EccPoint.parameter(2));
  }
  if (!is_empty(*params.p1)) {
    bases.p1 = to_crypto_point(*params.p1);
    REQUIRE(crypto::is_on_curve(curve, *bases.p1), rc::EccPoint.parameter(1));
  }
  return bases;
}

}  // namespace

TpmResult<Commit::Reply> Commit::run(Context& context, const Authorized<Commit>& handles,
                                     const Params& params) {
  const Object& key = **handles->sign;
  const auto* parameters = key.pub.parameters.get<wire::EccParameters>();
  REQUIRE(parameters, rc::Key.handle(1));
  REQUIRE(wire::is_anonymous(*parameters->scheme.scheme), rc::Scheme.handle(1));
  crypto::Curve curve = curve_of(key.pub);
  Bases bases = TRY(bases_of(key, curve, params));
  Commitment made = new_commitment(context.state, key);
  Reply reply{.counter = made.counter};
  if (bases.p2) {
    reply.k = TRY(multiple(curve, key.sensitive->value.view(), &*bases.p2));
    reply.l = TRY(multiple(curve, made.r.view(), &*bases.p2));
  }
  if (bases.p1)
    reply.e = TRY(multiple(curve, made.r.view(), &*bases.p1));
  else if (!bases.p2)
    reply.e = TRY(multiple(curve, made.r.view(), nullptr));
  return reply;
}
VTPM_COMMAND(Commit);

}  // namespace vtpm::engine
