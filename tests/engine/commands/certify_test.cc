// SPDX-License-Identifier: Apache-2.0
// Part 3, 18.2, 18.3 and 18.7. What all attestations share is tested with TPM2_Quote.
#include "engine/commands/attestation.h"
#include "engine/commands/clock.h"
#include "engine/commands/policy.h"
#include "engine/crypto/ecc.h"
#include "engine/identity.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
using wire::StructureTag;
namespace rh = wire::rh;

class Attesting : public ::testing::Test {
 protected:
  static wire::Attest parse(const wire::AttestBytes& block) {
    auto attest = wire::from_wire<wire::Attest>(block);
    EXPECT_TRUE(attest);
    return attest ? *attest : wire::Attest();
  }
  // Whether a P-256 key has signed the block, with SHA-256.
  static bool is_signed(const Made& key, const wire::AttestBytes& block,
                        const wire::Signature& signature) {
    const auto* parts = signature.details.get<wire::EccSignature>();
    const auto& q = *key.pub.unique.get<wire::EccPoint>();
    return parts && crypto::ecdsa_verify(crypto::Curve::P256, {to_bytes(q.x), to_bytes(q.y)},
                                         formula::hash(AlgId::Sha256, {block}),
                                         {to_bytes(parts->r), to_bytes(parts->s)});
  }
  Bytes qualified_name(Handle handle) {
    return to_bytes(tpm.run<ReadPublic>({handle}, {}).reply.qualified_name);
  }
  Answer<Certify> certify(Handle object, Handle key, const wire::SignatureScheme& scheme = {},
                          std::vector<Bytes> passwords = {}) {
    return tpm.run<Certify>({object, key},
                            {.qualifying_data = wire::Data(nonce), .in_scheme = scheme},
                            std::move(passwords));
  }

  const Bytes nonce = {9, 8, 7};
  const wire::SignatureScheme ecdsa = signature_scheme(AlgId::EcDsa, AlgId::Sha256);
  TestTpm tpm;
};

TEST_F(Attesting, CertifyNamesTheObject) {
  Made root = create_primary(tpm, rh::Owner, ecc_storage());
  Made object = create_child(tpm, root, ecdsa_key());
  Made key = create_primary(tpm, rh::Endorsement, attestation_key());
  auto answer = certify(object.handle, key.handle);
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_TRUE(is_signed(key, answer.reply.certify_info, answer.reply.signature));
  wire::Attest attest = parse(answer.reply.certify_info);
  EXPECT_EQ(attest.type.value, StructureTag::AttestCertify);
  EXPECT_EQ(to_bytes(attest.extra_data), nonce);
  EXPECT_EQ(to_bytes(attest.qualified_signer), qualified_name(key.handle));
  const auto& info = *attest.attested.get<wire::CertifyInfo>();
  EXPECT_EQ(to_bytes(info.name), object.name);
  EXPECT_EQ(to_bytes(info.qualified_name), qualified_name(object.handle));
}

TEST_F(Attesting, EveryTypeOfKeySigns) {
  Made object = create_primary(tpm, rh::Owner, ecdsa_key());
  Made rsa = create_primary(tpm, rh::Owner, rsa_signing_key());
  Made hmac = create_primary(tpm, rh::Owner, hmac_key());
  for (AlgId scheme : {AlgId::RsaSsa, AlgId::RsaPss}) {
    auto answer = certify(object.handle, rsa.handle, signature_scheme(scheme, AlgId::Sha384));
    ASSERT_EQ(answer.code, rc::Success);
    EXPECT_EQ(*answer.reply.signature.algorithm, scheme);
  }
  auto answer = certify(object.handle, hmac.handle);
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(*answer.reply.signature.algorithm, AlgId::Hmac);
  // An object certifies itself, too.
  EXPECT_EQ(certify(object.handle, object.handle, ecdsa).code, rc::Success);
}

TEST_F(Attesting, WithoutAKeyThereIsNoSignature) {
  Made object = create_primary(tpm, rh::Owner, sealed_data(), {}, {1});
  for (const wire::SignatureScheme& scheme : {wire::SignatureScheme(), ecdsa}) {
    auto answer = certify(object.handle, rh::Null, scheme);
    ASSERT_EQ(answer.code, rc::Success);
    EXPECT_EQ(*answer.reply.signature.algorithm, AlgId::Null);
    wire::Attest attest = parse(answer.reply.certify_info);
    EXPECT_EQ(to_bytes(attest.qualified_signer), wire::to_wire(rh::Null));
    EXPECT_EQ(to_bytes(attest.attested.get<wire::CertifyInfo>()->name), object.name);
  }
}

TEST_F(Attesting, CertifyRefusals) {
  Made object = create_primary(tpm, rh::Owner, ecdsa_key(), {1});
  Made free = create_primary(tpm, rh::Owner, ecdsa_key(), {2});
  Made storage = create_primary(tpm, rh::Owner, ecc_storage());
  EXPECT_EQ(certify(object.handle, storage.handle, ecdsa, {{1}, {}}).code, rc::Key.handle(2));
  EXPECT_EQ(certify(object.handle, free.handle, {}, {{1}, {2}}).code, rc::Scheme.parameter(2));
  EXPECT_EQ(certify(object.handle, free.handle, signature_scheme(AlgId::RsaPss, AlgId::Sha256),
                    {{1}, {2}})
                .code,
            rc::Scheme.parameter(2));
  EXPECT_EQ(certify(object.handle, free.handle, ecdsa, {{2}, {2}}).code, rc::BadAuth.session(1));
  EXPECT_EQ(certify(object.handle, free.handle, ecdsa, {{1}, {1}}).code, rc::BadAuth.session(2));
  EXPECT_EQ(certify(object.handle, free.handle, ecdsa, {{1}, {2}}).code, rc::Success);
  // Of what is not whole nothing can be said.
  Handle half = tpm.run<LoadExternal>({}, {.in_public = object.pub, .hierarchy = {rh::Null}})
                    .reply.object_handle.value;
  EXPECT_EQ(certify(half, free.handle, ecdsa, {{}, {2}}).code, rc::AuthUnavailable);
  EXPECT_EQ(certify(object.handle, rh::Owner, ecdsa, {{1}, {}}).code, rc::Value.handle(2));
}

// ADMIN role: with adminWithPolicy a policy, and one for this command.
TEST_F(Attesting, AnObjectsPolicyMustNameCertify) {
  auto policy =
      formula::hash(AlgId::Sha256, {Bytes(32), wire::to_wire(wire::CommandCode::PolicyCommandCode),
                                    wire::to_wire(wire::CommandCode::Certify)});
  wire::Public pub = ecdsa_key();
  pub.attributes.set(ObjectBit::AdminWithPolicy);
  pub.auth_policy = wire::Digest(policy);
  Made object = create_primary(tpm, rh::Owner, pub);
  EXPECT_EQ(certify(object.handle, rh::Null).code, rc::AuthType.session(1));
  ClientSession session = start_session(tpm, {.type = wire::SessionType::Policy});
  tpm.run<PolicyCommandCode>({session.handle}, {wire::CommandCode::Certify});
  EXPECT_EQ(
      run_with<Certify>(tpm, {object.handle, rh::Null}, {}, {{.session = &session}, Use{}}).code,
      rc::Success);
}

TEST_F(Attesting, CertifyCreationTellsTheCircumstances) {
  auto created = templates::make_primary(tpm, ecdsa_key()).reply;
  Made key = create_primary(tpm, rh::Endorsement, attestation_key());
  CertifyCreation::Params params{.qualifying_data = wire::Data(nonce),
                                 .creation_hash = created.creation_hash,
                                 .creation_ticket = created.creation_ticket};
  auto answer = tpm.run<CertifyCreation>({key.handle, created.object_handle.value}, params);
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_TRUE(is_signed(key, answer.reply.certify_info, answer.reply.signature));
  wire::Attest attest = parse(answer.reply.certify_info);
  EXPECT_EQ(attest.type.value, StructureTag::AttestCreation);
  EXPECT_EQ(to_bytes(attest.extra_data), nonce);
  const auto& info = *attest.attested.get<wire::CreationInfo>();
  EXPECT_EQ(info.object_name, created.name);
  EXPECT_EQ(info.creation_hash, created.creation_hash);
  auto unsigned_answer = tpm.run<CertifyCreation>({rh::Null, created.object_handle.value}, params);
  ASSERT_EQ(unsigned_answer.code, rc::Success);
  EXPECT_EQ(*unsigned_answer.reply.signature.algorithm, AlgId::Null);
}

TEST_F(Attesting, CertifyCreationBelievesItsOwnTicketsOnly) {
  Made root = create_primary(tpm, rh::Owner, ecc_storage());
  auto created = tpm.run<Create>({root.handle}, {.in_public = ecdsa_key()}).reply;
  Handle object = tpm.run<Load>({root.handle}, {created.out_private, created.out_public})
                      .reply.object_handle.value;
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  CertifyCreation::Params good{.creation_hash = created.creation_hash,
                               .in_scheme = ecdsa,
                               .creation_ticket = created.creation_ticket};
  auto code = [&](Handle of, const CertifyCreation::Params& params) {
    return tpm.run<CertifyCreation>({key.handle, of}, params).code;
  };
  EXPECT_EQ(code(object, good), rc::Success);
  EXPECT_EQ(code(root.handle, good), rc::Ticket.parameter(4));
  auto params = good;
  params.creation_hash = wire::Digest(Bytes(32));
  EXPECT_EQ(code(object, params), rc::Ticket.parameter(4));
  params = good;
  params.creation_ticket.hierarchy = rh::Endorsement;
  EXPECT_EQ(code(object, params), rc::Ticket.parameter(4));
  params.creation_ticket.digest = {};
  EXPECT_EQ(code(object, params), rc::Ticket.parameter(4));
  params.creation_ticket.hierarchy = rh::Lockout;
  EXPECT_EQ(code(object, params), rc::Value.parameter(4));
  params = good;
  params.creation_ticket.tag = StructureTag::Verified;
  EXPECT_EQ(code(object, params), rc::Tag.parameter(4));
  params = good;
  // Key and scheme come first, as in the other attestations.
  params.in_scheme = {};
  params.creation_ticket.digest = {};
  EXPECT_EQ(code(object, params), rc::Scheme.parameter(3));
  EXPECT_EQ(tpm.run<CertifyCreation>({root.handle, object}, params).code, rc::Key.handle(1));
}

TEST_F(Attesting, GetTimeTellsTheTimePlainly) {
  tpm.clock.now += 98765;
  for (Handle hierarchy : {rh::Endorsement, rh::Owner}) {
    Made key = create_primary(tpm, hierarchy, attestation_key());
    auto answer =
        tpm.run<GetTime>({rh::Endorsement, key.handle}, {.qualifying_data = wire::Data(nonce)});
    ASSERT_EQ(answer.code, rc::Success);
    EXPECT_TRUE(is_signed(key, answer.reply.time_info, answer.reply.signature));
    wire::Attest attest = parse(answer.reply.time_info);
    EXPECT_EQ(attest.type.value, StructureTag::AttestTime);
    const auto& info = *attest.attested.get<wire::TimeAttestInfo>();
    auto now = tpm.run<ReadClock>({}, {}).reply.current_time;
    EXPECT_EQ(info.time.time, now.time);
    EXPECT_EQ(info.time.clock_info.clock, now.clock_info.clock);
    EXPECT_EQ(info.time.clock_info.reset_count, now.clock_info.reset_count);
    EXPECT_EQ(info.time.clock_info.restart_count, now.clock_info.restart_count);
    EXPECT_EQ(info.firmware_version, kFirmwareVersion);
    // What stands around it is obfuscated for a key of the owner's (18.1).
    EXPECT_EQ(attest.firmware_version == kFirmwareVersion, hierarchy == rh::Endorsement);
    EXPECT_EQ(attest.clock_info.reset_count == now.clock_info.reset_count,
              hierarchy == rh::Endorsement);
  }
}

// Part 3, 18.7.1: what stands twice in the block is the same.
TEST_F(Attesting, GetTimeIsOfOneMoment) {
  struct Ticking final : Clock {
    uint64_t milliseconds() override { return ++now; }
    uint64_t now = 0;
  } ticking;
  ticking.now = tpm.clock.now;
  Made key = create_primary(tpm, rh::Endorsement, attestation_key());
  std::vector<Exchange> exchanges;
  tpm.record = &exchanges;
  tpm.run<GetTime>({rh::Endorsement, key.handle}, {});
  tpm.record = nullptr;
  Outcome outcome =
      execute(tpm.state, {.command = exchanges.back().command}, tpm.ports.by(ticking));
  auto answer = TestTpm::parse<GetTime>(to_bytes(outcome.response.view()));
  ASSERT_EQ(answer.code, rc::Success);
  wire::Attest attest = parse(answer.reply.time_info);
  EXPECT_EQ(attest.clock_info.clock,
            attest.attested.get<wire::TimeAttestInfo>()->time.clock_info.clock);
}

TEST_F(Attesting, GetTimeNeedsThePrivacyAdministrator) {
  Made key = create_primary(tpm, rh::Owner, attestation_key(), {1});
  auto code = [&](Handle admin, Handle signer, std::vector<Bytes> passwords) {
    return tpm.run<GetTime>({admin, signer}, {}, std::move(passwords)).code;
  };
  EXPECT_EQ(code(rh::Endorsement, key.handle, {{}, {1}}), rc::Success);
  EXPECT_EQ(code(rh::Endorsement, rh::Null, {}), rc::Success);
  EXPECT_EQ(code(rh::Endorsement, key.handle, {{1}, {1}}), rc::BadAuth.session(1));
  EXPECT_EQ(code(rh::Endorsement, key.handle, {}), rc::BadAuth.session(2));
  EXPECT_EQ(code(rh::Owner, key.handle, {{}, {1}}), rc::Value.handle(1));
  Made storage = create_primary(tpm, rh::Owner, ecc_storage());
  EXPECT_EQ(code(rh::Endorsement, storage.handle, {}), rc::Key.handle(2));
}

}  // namespace
}  // namespace vtpm::engine
