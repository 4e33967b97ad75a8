// SPDX-License-Identifier: Apache-2.0
#include "engine/signing/message.h"

#include "engine/signing.h"
#include "engine/signing/ecc.h"
#include "engine/signing/ml_dsa.h"
#include "engine/ticket.h"

namespace vtpm::engine {
namespace {

using wire::AlgId;
using wire::ObjectBit;
using Purpose = SignatureSequence::Purpose;

// A key without nameAlg has no Name, and what is public of an HMAC key need not tell it from
// another one: so its value goes in, too.
crypto::Digest identity(const Object& key) {
  bool symmetric = key.type() == AlgId::KeyedHash && key.sensitive;
  return crypto::hash(to_crypto(kIntegrityHash),
                      {be_bytes(key.hierarchy), wire::to_wire(key.pub),
                       symmetric ? key.sensitive->value.view() : ByteView()});
}

// What is hashed before the message. It may not look like an attestation either.
void prepend(SignatureSequence& sequence, const crypto::Digest& prefix) {
  std::get<crypto::Hasher>(sequence.message).update(prefix);
  sequence.safe = safe_to_sign(prefix);
}

TpmResult<SignatureSequence> begin(Purpose purpose, const Object& key,
                                   const wire::SignatureContext& parameter) {
  REQUIRE(key.has(ObjectBit::Sign), rc::Key);
  wire::SignatureScheme scheme = own_scheme(key);
  REQUIRE(scheme.scheme != AlgId::Null, rc::Scheme);
  REQUIRE(purpose == Purpose::Sign || !wire::is_anonymous(*scheme.scheme), rc::Scheme);
  if (wire::is_ml_dsa(*scheme.scheme))
    return SignatureSequence{
        .purpose = purpose, .key = identity(key), .message = begin_ml_dsa_message(key, parameter)};
  auto hash = to_crypto(scheme_hash(scheme));
  SignatureSequence sequence{
      .purpose = purpose, .key = identity(key), .message = crypto::Hasher(hash)};
  if (scheme.scheme == AlgId::Sm2) {
    prepend(sequence, sm2_identity(key, hash, parameter));
    return sequence;
  }
  TRY(take_context(scheme, parameter));
  if (const auto* anonymous = scheme.details.get<wire::HashCountScheme>())
    sequence.count = anonymous->count;
  if (scheme.scheme == AlgId::Hmac) {
    // There is no ticket that could say whether a restricted key may sign it (17.5.1).
    REQUIRE(purpose == Purpose::Verify || !key.has(ObjectBit::Restricted), rc::Attributes);
    REQUIRE(key.sensitive, rc::Handle);
    sequence.message = crypto::Hmac(hash, key.sensitive->value.view());
  }
  return sequence;
}

}  // namespace

TpmResult<SignatureSequence> begin_signing(const Object& key,
                                           const wire::SignatureContext& parameter) {
  return begin(Purpose::Sign, key, parameter);
}

TpmResult<SignatureSequence> begin_verifying(const State& state, const Object& key,
                                             const wire::SignatureContext& parameter) {
  SignatureSequence sequence = TRY(begin(Purpose::Verify, key, parameter));
  sequence.evidence = begin_message_evidence(state, key);
  return sequence;
}

void update(SignatureSequence& sequence, ByteView data) {
  if (sequence.empty) sequence.safe = sequence.safe && safe_to_sign(data);
  sequence.empty = false;
  std::visit([&](auto& running) { running.update(data); }, sequence.message);
  if (sequence.evidence) sequence.evidence->update(data);
}

void finish(SignatureSequence& sequence, ByteView data) {
  // A whole message that is shorter than TPM_GENERATED_VALUE does not begin with it (20.6.1).
  const bool harmless =
      sequence.safe && sequence.empty && data.size() < sizeof wire::kGeneratedValue;
  update(sequence, data);
  sequence.safe = sequence.safe || harmless;
}

bool is_for_key(const SignatureSequence& sequence, const Object& key) {
  return sequence.key == identity(key);
}

TpmResult<wire::Signature> sign_message(Context& context, const Object& key,
                                        SignatureSequence sequence) {
  wire::SignatureScheme scheme = own_scheme(key);
  if (auto* anonymous = scheme.details.get<wire::HashCountScheme>())
    anonymous->count = sequence.count;
  if (auto* hmac = std::get_if<crypto::Hmac>(&sequence.message))
    return hmac_signature(scheme_hash(scheme), hmac->finish());
  if (auto* message = std::get_if<crypto::MlDsaMessage>(&sequence.message))
    return sign_ml_dsa(key, message->finish(), context.ports);
  return sign(context, key, scheme, std::get<crypto::Hasher>(sequence.message).finish());
}

TpmResult<wire::VerifiedTicket> verify_message(const Object& key, SignatureSequence sequence,
                                               const wire::Signature& signature) {
  REQUIRE(is_of_scheme(signature, own_scheme(key)), rc::Scheme);
  const auto* value = signature.details.get<wire::HashValue>();
  if (auto* hmac = std::get_if<crypto::Hmac>(&sequence.message))
    REQUIRE(value && constant_time_equal(value->digest, hmac->finish()), rc::Signature);
  else if (auto* message = std::get_if<crypto::MlDsaMessage>(&sequence.message))
    TRY(verify_ml_dsa(key, signature, message->finish()));
  else
    TRY(verify(key, signature, std::get<crypto::Hasher>(sequence.message).finish()));
  return message_verified_ticket(key, std::move(sequence.evidence));
}

bool has_signed_message(const Object& key, std::span<const ByteView> parts,
                        const wire::Signature& signature) {
  auto message = begin(Purpose::Verify, key, {});
  if (!message) return false;
  for (ByteView part : parts) update(*message, part);
  return static_cast<bool>(verify_message(key, std::move(*message), signature));
}

}  // namespace vtpm::engine
