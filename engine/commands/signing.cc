// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/signing.h"

#include "engine/object/attributes.h"
#include "engine/signing.h"
#include "engine/signing/ml_dsa.h"
#include "engine/ticket.h"

namespace vtpm::engine {

using wire::ObjectBit;

namespace {

TpmResult<void> check_signing_key(const Object& key) {
  REQUIRE(key.has(ObjectBit::Sign), rc::Key.handle(1));
  REQUIRE(!key.has(ObjectBit::X509Sign), rc::Attributes.handle(1));
  return ok;
}

// A restricted key signs only what this TPM has hashed; a ticket that is given is checked for
// every key (20.5.1). It is for digests of the scheme's hash algorithm only.
TpmResult<void> check_ticket(const State& state, const Object& key,
                             const wire::HashCheckTicket& ticket,
                             const wire::SignatureScheme& scheme, ByteView digest) {
  if (key.has(ObjectBit::Restricted) || !ticket.digest.empty())
    REQUIRE(is_genuine(state, ticket, scheme_hash(scheme), digest), rc::Ticket.parameter(3));
  return ok;
}

// The key's own scheme with its context, the first parameter, for a command that leaves no choice.
TpmResult<wire::SignatureScheme> digest_scheme(const Object& key,
                                               const wire::SignatureContext& parameter) {
  wire::SignatureScheme scheme = own_scheme(key);
  REQUIRE(scheme.scheme != AlgId::Null && scheme.scheme != AlgId::Hmac, rc::Scheme.handle(1));
  TRY(at_parameter(1, take_context(scheme, parameter)));
  return scheme;
}

// The position of an error of sign(): the counter in the context, the digest, or the key.
Rc digest_error(Rc code) {
  if (code == rc::Range || code == rc::Value) return code.parameter(1);
  return code == rc::Size ? code.parameter(2) : code.handle(1);
}

TpmResult<crypto::Digest> representative(const Object& key, const wire::SignatureContext& parameter,
                                         const wire::Digest& digest) {
  auto mu = ml_dsa_digest(key, parameter, digest);
  if (!mu) return digest_error(mu.error());
  return mu;
}

}  // namespace

TpmResult<VerifySignature::Reply> VerifySignature::run(Context& context,
                                                       const Authorized<VerifySignature>& handles,
                                                       const Params& params) {
  const Object& key = **handles->key;
  REQUIRE(key.has(ObjectBit::Sign), rc::Attributes.handle(1));
  if (auto verified = verify(key, params.signature, params.digest); !verified)
    return verified.error() == rc::Handle ? rc::Handle.handle(1) : verified.error().parameter(2);
  return Reply{.validation = verified_ticket(context.state, key, params.digest)};
}
VTPM_COMMAND(VerifySignature);

TpmResult<VerifyDigestSignature::Reply> VerifyDigestSignature::run(
    Context& context, const Authorized<VerifyDigestSignature>& handles, const Params& params) {
  const Object& key = **handles->key;
  REQUIRE(key.has(ObjectBit::Sign), rc::Key.handle(1));
  if (wire::is_ml_dsa(key.type())) {
    auto mu = TRY(representative(key, params.context, params.digest));
    TRY(at_parameter(3, verify_ml_dsa(key, params.signature, mu)));
    AlgId made_with =
        key.type() == AlgId::MlDsa ? AlgId::Shake256_512 : scheme_hash(own_scheme(key));
    return Reply{.validation =
                     digest_verified_ticket(context.state, key, params.digest, made_with)};
  }
  auto scheme = TRY(digest_scheme(key, params.context));
  REQUIRE(is_of_scheme(params.signature, scheme), rc::Scheme.parameter(3));
  AlgId hash = scheme_hash(scheme);
  REQUIRE(params.digest.size() == digest_size(hash), rc::Size.parameter(2));
  TRY(at_parameter(3, verify(key, params.signature, params.digest)));
  return Reply{.validation = digest_verified_ticket(context.state, key, params.digest, hash)};
}
VTPM_COMMAND(VerifyDigestSignature);

TpmResult<Sign::Reply> Sign::run(Context& context, const Authorized<Sign>& handles,
                                 const Params& params) {
  const Object& key = **handles->key;
  TRY(check_signing_key(key));
  auto scheme = select_scheme(&key, params.in_scheme);
  if (!scheme) return scheme.error().parameter(2);
  TRY(check_ticket(context.state, key, params.validation, *scheme, params.digest));
  auto signature = sign(context, key, *scheme, params.digest);
  if (!signature) return signature.error().parameter(signature.error() == rc::Size ? 1 : 2);
  return Reply{.signature = std::move(*signature)};
}
VTPM_COMMAND(Sign);

TpmResult<SignDigest::Reply> SignDigest::run(Context& context,
                                             const Authorized<SignDigest>& handles,
                                             const Params& params) {
  const Object& key = **handles->key;
  TRY(check_signing_key(key));
  if (wire::is_ml_dsa(key.type())) {
    auto mu = TRY(representative(key, params.context, params.digest));
    TRY(check_ticket(context.state, key, params.validation, own_scheme(key), params.digest));
    return Reply{.signature = sign_ml_dsa(key, mu, context.ports)};
  }
  auto scheme = TRY(digest_scheme(key, params.context));
  TRY(check_ticket(context.state, key, params.validation, scheme, params.digest));
  auto signature = sign(context, key, scheme, params.digest);
  if (!signature) return digest_error(signature.error());
  return Reply{.signature = std::move(*signature)};
}
VTPM_COMMAND(SignDigest);

}  // namespace vtpm::engine
