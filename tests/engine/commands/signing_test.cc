// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 20. Signatures are checked with engine/crypto, and by the TPM itself.
#include "engine/commands/signing.h"

#include "engine/commands/hash.h"
#include "engine/crypto/ecc.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

const Bytes kMessage = {'m', 'e', 's', 's', 'a', 'g', 'e'};

wire::HashCheckTicket no_ticket() {
  return {{.tag = wire::StructureTag::HashCheck, .hierarchy = rh::Null, .digest = {}}};
}

Sign::Params sign_params(AlgId scheme, AlgId hash) {
  return {.digest = wire::Digest(formula::hash(hash, {kMessage})),
          .in_scheme = signature_scheme(scheme, hash),
          .validation = no_ticket()};
}

class Signing : public ::testing::Test {
 protected:
  Rc verify(Handle key, const wire::Digest& digest, const wire::Signature& signature) {
    return tpm.run<VerifySignature>({key}, {digest, signature}).code;
  }
  TestTpm tpm;
};

TEST_F(Signing, EcdsaOnEachCurveWithEachHash) {
  for (CurveId curve : kCurves) {
    Made key = create_primary(tpm, rh::Owner, ecdsa_key(curve));
    const auto& q = *key.pub.unique.get<wire::EccPoint>();
    for (AlgId hash : kHashes) {
      auto params = sign_params(AlgId::EcDsa, hash);
      auto answer = tpm.run<Sign>({key.handle}, params);
      ASSERT_EQ(answer.code, rc::Success);
      const auto& signature = *answer.reply.signature.details.get<wire::EccSignature>();
      EXPECT_EQ(*signature.hash, hash);
      EXPECT_TRUE(crypto::ecdsa_verify(static_cast<crypto::Curve>(curve),
                                       {to_bytes(q.x), to_bytes(q.y)}, params.digest,
                                       {to_bytes(signature.r), to_bytes(signature.s)}));
      EXPECT_EQ(verify(key.handle, params.digest, answer.reply.signature), rc::Success);
    }
  }
}

TEST_F(Signing, RsaWithBothPaddingsAndEachHash) {
  Made key = create_primary(tpm, rh::Owner, rsa_signing_key());
  auto pub = *crypto::RsaPublicKey::create(*key.pub.unique.get<wire::RsaBytes>(), 65537);
  for (AlgId hash : kHashes) {
    for (AlgId scheme : {AlgId::RsaSsa, AlgId::RsaPss}) {
      auto params = sign_params(scheme, hash);
      auto answer = tpm.run<Sign>({key.handle}, params);
      ASSERT_EQ(answer.code, rc::Success);
      const auto& signature = *answer.reply.signature.details.get<wire::RsaSignature>();
      EXPECT_EQ(*answer.reply.signature.algorithm, scheme);
      bool good =
          scheme == AlgId::RsaSsa
              ? crypto::rsassa_verify(pub, to_crypto(hash), params.digest, signature.signature)
              : crypto::rsapss_verify(pub, to_crypto(hash), params.digest, signature.signature);
      EXPECT_TRUE(good);
      EXPECT_EQ(verify(key.handle, params.digest, answer.reply.signature), rc::Success);
    }
  }
}

TEST_F(Signing, AnHmacOfTheDigest) {
  Bytes key_bytes = {1, 2, 3, 4, 5, 6, 7};
  wire::Public pub = hmac_key();
  pub.attributes.set(ObjectBit::SensitiveDataOrigin, false);
  Made key = create_primary(tpm, rh::Owner, pub, {}, key_bytes);
  auto params = sign_params(AlgId::Hmac, AlgId::Sha256);
  auto answer = tpm.run<Sign>({key.handle}, params);
  ASSERT_EQ(answer.code, rc::Success);
  const auto& value = *answer.reply.signature.details.get<wire::HashValue>();
  EXPECT_EQ(to_bytes(value.digest), formula::hmac(AlgId::Sha256, key_bytes, {params.digest}));
  EXPECT_EQ(verify(key.handle, params.digest, answer.reply.signature), rc::Success);
  // Without the key itself there is nothing to verify with (20.2.1).
  auto only_public = tpm.run<LoadExternal>({}, {.in_public = key.pub, .hierarchy = {rh::Null}});
  ASSERT_EQ(only_public.code, rc::Success);
  EXPECT_EQ(verify(only_public.reply.object_handle.value, params.digest, answer.reply.signature),
            rc::Handle.handle(1));
}

TEST_F(Signing, TheKeysOwnSchemeCounts) {
  Made key = create_primary(tpm, rh::Owner, attestation_key());
  auto hashed = tpm.run<Hash>(
      {}, {.data = wire::MaxBuffer(kMessage), .hash = {AlgId::Sha256}, .hierarchy = {rh::Owner}});
  ASSERT_EQ(hashed.code, rc::Success);
  Sign::Params params{.digest = hashed.reply.out_hash, .validation = hashed.reply.validation};
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::Success);
  params.in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha256);
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::Success);
  params.in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha384);
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::Scheme.parameter(2));
  params.in_scheme = signature_scheme(AlgId::RsaSsa, AlgId::Sha256);
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::Scheme.parameter(2));
}

TEST_F(Signing, ARestrictedKeySignsWhatTheTpmHasHashed) {
  Made key = create_primary(tpm, rh::Owner, attestation_key());
  auto sign = [&](const Bytes& message, const wire::HashCheckTicket& ticket) {
    Sign::Params params{.digest = wire::Digest(formula::hash(AlgId::Sha256, {message})),
                        .validation = ticket};
    return tpm.run<Sign>({key.handle}, params).code;
  };
  auto ticket_for = [&](const Bytes& message, Handle hierarchy) {
    return tpm
        .run<Hash>(
            {},
            {.data = wire::MaxBuffer(message), .hash = {AlgId::Sha256}, .hierarchy = {hierarchy}})
        .reply.validation;
  };
  EXPECT_EQ(sign(kMessage, no_ticket()), rc::Ticket.parameter(3));
  wire::HashCheckTicket ticket = ticket_for(kMessage, rh::Owner);
  EXPECT_EQ(sign(kMessage, ticket), rc::Success);
  EXPECT_EQ(sign({1}, ticket), rc::Ticket.parameter(3));
  wire::HashCheckTicket forged = ticket;
  forged.hierarchy = rh::Platform;
  EXPECT_EQ(sign(kMessage, forged), rc::Ticket.parameter(3));
  // What looks like an attestation gets no ticket.
  Bytes attestation = {0xFF, 'T', 'C', 'G', 0x80, 0x18};
  wire::HashCheckTicket none = ticket_for(attestation, rh::Owner);
  EXPECT_TRUE(none.digest.empty());
  EXPECT_EQ(sign(attestation, none), rc::Ticket.parameter(3));
  // The NULL Ticket of the null hierarchy is none either.
  EXPECT_EQ(sign(kMessage, ticket_for(kMessage, rh::Null)), rc::Ticket.parameter(3));
}

// Part 3, 20.5.1: a ticket that is given is checked for every key.
TEST_F(Signing, ATicketIsCheckedForUnrestrictedKeys) {
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  auto params = sign_params(AlgId::EcDsa, AlgId::Sha256);
  params.validation = {{.tag = wire::StructureTag::HashCheck,
                        .hierarchy = rh::Owner,
                        .digest = wire::Digest(Bytes(64, 1))}};
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::Ticket.parameter(3));
  params.validation = {{.tag = wire::StructureTag::Creation}};
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::Tag.parameter(3));
  params.validation = {{.tag = wire::StructureTag::HashCheck, .hierarchy = rh::Lockout}};
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::Value.parameter(3));
}

TEST_F(Signing, SchemesThatDoNotFit) {
  Made ecc = create_primary(tpm, rh::Owner, ecdsa_key());
  Made storage = create_primary(tpm, rh::Owner, ecc_storage());
  auto sign = [&](Handle key, const Sign::Params& params) {
    return tpm.run<Sign>({key}, params).code;
  };
  EXPECT_EQ(sign(ecc.handle, sign_params(AlgId::RsaPss, AlgId::Sha256)), rc::Scheme.parameter(2));
  EXPECT_EQ(sign(ecc.handle, sign_params(AlgId::Hmac, AlgId::Sha256)), rc::Scheme.parameter(2));
  auto params = sign_params(AlgId::EcDsa, AlgId::Sha256);
  params.in_scheme = {};
  EXPECT_EQ(sign(ecc.handle, params), rc::Scheme.parameter(2));
  EXPECT_EQ(sign(storage.handle, sign_params(AlgId::EcDsa, AlgId::Sha256)), rc::Key.handle(1));
  params = sign_params(AlgId::EcDsa, AlgId::Sha256);
  params.digest = wire::Digest(Bytes(31));
  EXPECT_EQ(sign(ecc.handle, params), rc::Size.parameter(1));
  params.in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Aes);
  EXPECT_EQ(sign(ecc.handle, params), rc::Hash.parameter(2));
}

TEST_F(Signing, AlteredSignaturesAreRefused) {
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  auto params = sign_params(AlgId::EcDsa, AlgId::Sha256);
  wire::Signature signature = tpm.run<Sign>({key.handle}, params).reply.signature;
  wire::Digest other(Bytes(32, 1));
  const Rc refused = rc::Signature.parameter(2);
  EXPECT_EQ(verify(key.handle, other, signature), refused);
  EXPECT_EQ(verify(key.handle, wire::Digest(Bytes(31)), signature), refused);
  wire::Signature altered = signature;
  altered.details.get<wire::EccSignature>()->hash = {AlgId::Sha384};
  EXPECT_EQ(verify(key.handle, params.digest, altered), refused);
  for (size_t size : {size_t{0}, size_t{1}, size_t{32}, size_t{48}}) {
    altered = signature;
    altered.details.get<wire::EccSignature>()->r = wire::EccParameter(Bytes(size, 0xFF));
    EXPECT_EQ(verify(key.handle, params.digest, altered), refused) << size;
  }
  wire::Signature rsa{.algorithm = {AlgId::RsaSsa},
                      .details = wire::RsaSignature{.hash = {AlgId::Sha256},
                                                    .signature = wire::RsaBytes(Bytes(256))}};
  EXPECT_EQ(verify(key.handle, params.digest, rsa), rc::Scheme.parameter(2));
  EXPECT_EQ(verify(key.handle, params.digest, {}), rc::Scheme.parameter(2));
  Made storage = create_primary(tpm, rh::Owner, ecc_storage());
  EXPECT_EQ(verify(storage.handle, params.digest, signature), rc::Attributes.handle(1));
}

TEST_F(Signing, AVerifiedTicketOfTheKeysHierarchy) {
  for (Handle hierarchy : {rh::Owner, rh::Endorsement, rh::Platform, rh::Null}) {
    Made key = create_primary(tpm, hierarchy, ecdsa_key());
    auto params = sign_params(AlgId::EcDsa, AlgId::Sha256);
    auto signature = tpm.run<Sign>({key.handle}, params).reply.signature;
    auto verified = tpm.run<VerifySignature>({key.handle}, {params.digest, signature});
    ASSERT_EQ(verified.code, rc::Success);
    EXPECT_EQ(verified.reply.validation.tag, wire::StructureTag::Verified);
    EXPECT_EQ(verified.reply.validation.hierarchy, hierarchy);
    EXPECT_EQ(verified.reply.validation.digest.empty(), hierarchy == rh::Null);
  }
}

TEST_F(Signing, NeedsTheKeysAuthorization) {
  Made key = create_primary(tpm, rh::Owner, ecdsa_key(), {1, 2});
  auto params = sign_params(AlgId::EcDsa, AlgId::Sha256);
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::BadAuth.session(1));
  ClientSession session = start_session(tpm, {.symmetric = aes_cfb(128)});
  Use use{&session, {1, 2}};
  use.attributes = kContinue | kDecrypt;
  EXPECT_EQ(run_with<Sign>(tpm, {key.handle}, params, {use}).code, rc::Success);
  // TPM2_VerifySignature needs none.
  EXPECT_EQ(verify(key.handle, params.digest, {}), rc::Scheme.parameter(2));
}

}  // namespace
}  // namespace vtpm::engine
