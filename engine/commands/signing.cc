// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/signing.h"

#include "engine/signing.h"
#include "engine/ticket.h"

namespace vtpm::engine {

using wire::ObjectBit;

TpmResult<VerifySignature::Reply> VerifySignature::run(Context& context,
                                                       const Authorized<VerifySignature>& handles,
                                                       const Params& params) {
  const Object& key = **handles->key;
  REQUIRE(key.has(ObjectBit::Sign), rc::Attributes.handle(1));
  if (auto verified = verify(key, params.signature, params.digest); !verified)
    return verified.error() == rc::Handle ? rc::Handle.handle(1) : verified.error().parameter(2);
  return Reply{.validation =
                   verified_ticket(context.state, key.hierarchy, params.digest, key.name)};
}
VTPM_COMMAND(VerifySignature);

TpmResult<Sign::Reply> Sign::run(Context& context, const Authorized<Sign>& handles,
                                 const Params& params) {
  const Object& key = **handles->key;
  REQUIRE(key.has(ObjectBit::Sign), rc::Key.handle(1));
  REQUIRE(!key.has(ObjectBit::X509Sign), rc::Attributes.handle(1));
  auto scheme = select_scheme(&key, params.in_scheme);
  if (!scheme) return scheme.error().parameter(2);
  // A restricted key signs only what this TPM has hashed; a ticket that is given is checked for
  // every key (20.5.1).
  if (key.has(ObjectBit::Restricted) || !params.validation.digest.empty())
    REQUIRE(is_genuine(context.state, params.validation, params.digest), rc::Ticket.parameter(3));
  auto signature = sign(key, *scheme, params.digest, context.ports);
  if (!signature) return signature.error().parameter(signature.error() == rc::Size ? 1 : 2);
  return Reply{.signature = std::move(*signature)};
}
VTPM_COMMAND(Sign);

}  // namespace vtpm::engine
