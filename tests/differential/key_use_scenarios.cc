// SPDX-License-Identifier: Apache-2.0
// What each kind of object is asked to do, whether it is for that or not, as its owner with a
// password: with userWithAuth, without it, and with adminWithPolicy.
#include "engine/commands/asymmetric.h"
#include "engine/commands/attestation.h"
#include "engine/commands/commit.h"
#include "engine/commands/create_loaded.h"
#include "engine/commands/credential.h"
#include "engine/commands/duplication.h"
#include "engine/commands/mac.h"
#include "engine/commands/policy_authorized.h"
#include "engine/commands/signing.h"
#include "engine/commands/symmetric.h"
#include "engine/object/ecc_key.h"
#include "engine/ticket.h"
#include "tests/differential/scenario_tools.h"
#include "tests/differential/scenarios.h"

namespace vtpm::differential {

namespace templates = engine::testing::templates;
using engine::testing::unguarded;
using templates::with;
using wire::ObjectBit;

namespace {

const wire::ObjectAttributes kDecrypts = {
    ObjectBit::FixedTpm,     ObjectBit::FixedParent, ObjectBit::SensitiveDataOrigin,
    ObjectBit::UserWithAuth, ObjectBit::NoDa,        ObjectBit::Decrypt};

wire::Public both(wire::Public pub) {
  return with(with(pub, ObjectBit::Sign), ObjectBit::Decrypt);
}

// A parent of what is derived from it.
wire::Public derivation_parent() {
  wire::Public pub = unguarded(templates::keyed_hash(templates::kStorageKey));
  pub.parameters.get<wire::KeyedHashParameters>()->scheme = {
      .scheme = wire::KeyedHashSchemeOrNull{AlgId::Xor},
      .details = wire::XorScheme{.hash = {AlgId::Sha256}, .kdf = {AlgId::Kdf1Sp800_108}}};
  return pub;
}

struct Kind {
  const char* name;
  wire::Public pub;
};
std::vector<Kind> kinds() {
  return {{"ECC storage", ecc_storage()},
          {"ECC signing", ecdsa_key()},
          {"ECC decrypting", templates::ecc(kDecrypts)},
          {"ECC for both", both(ecdsa_key())},
          {"ECC attestation", attestation_key()},
          {"RSA storage", rsa_storage()},
          {"RSA for both", both(rsa_signing_key())},
          {"HMAC", hmac_key()},
          {"sealed", sealed_data()},
          {"cipher", unguarded(templates::cipher(kDecrypts))},
          {"cipher for both", both(unguarded(templates::cipher(kDecrypts, 128, AlgId::Null)))},
          {"cipher storage", unguarded(templates::cipher(templates::kStorageKey))},
          {"derivation parent", derivation_parent()}};
}

const wire::SignatureScheme kEcdsa = signature_scheme(AlgId::EcDsa, AlgId::Sha256);

// What the steps of one object share: another key, which signs, and a policy session.
struct Use {
  Client& client;
  std::string step;
  Handle key, other, policy;

  template <class C>
  Answer<C> run(const std::string& name, const std::vector<Handle>& handles,
                const typename C::Params& params) {
    auto answer = client.run<C>(step + name, handles, params, kQuiet);
    if constexpr (requires { answer.reply.object_handle; })
      if (answer.code == rc::Success) flush(client, answer.reply.object_handle.value);
    return answer;
  }
};

wire::EccPoint generator() {
  Bytes one(32);
  one.back() = 1;
  return to_wire_point(*crypto::multiply_generator(to_crypto_curve(CurveId::NistP256), one));
}

void sign_and_verify(Use& use) {
  const auto ticket = null_ticket<wire::StructureTag::HashCheck>();
  for (auto [name, scheme] : {std::pair{"Sign ECDSA", kEcdsa},
                              {"Sign RSASSA", signature_scheme(AlgId::RsaSsa, AlgId::Sha256)},
                              {"Sign HMAC", signature_scheme(AlgId::Hmac, AlgId::Sha256)},
                              {"Sign by default", wire::SignatureScheme()}})
    use.run<Sign>(name, {use.key}, {a_digest(), scheme, ticket});
  const wire::EccParameter number(Bytes(32, 1));
  use.run<VerifySignature>("VerifySignature", {use.key},
                           {a_digest(),
                            {.algorithm = AlgId::EcDsa,
                             .details = wire::EccSignature{{AlgId::Sha256}, number, number}}});
}

void attest(Use& use) {
  use.run<Quote>("Quote", {use.key}, {.in_scheme = kEcdsa, .pcr_select = some_pcrs()});
  use.run<Quote>("Quote by default", {use.key}, {.pcr_select = some_pcrs()});
  use.run<Certify>("Certify by it", {use.other, use.key}, {.in_scheme = kEcdsa});
  use.run<Certify>("Certify it", {use.key, use.other}, {.in_scheme = kEcdsa});
  use.run<GetTime>("GetTime", {rh::Endorsement, use.key}, {.in_scheme = kEcdsa});
  use.run<Commit>("Commit", {use.key}, {});
}

void encrypt_and_decrypt(Use& use) {
  const wire::RsaDecryptScheme oaep{.scheme = {AlgId::Oaep},
                                    .details = wire::HashScheme{AlgId::Sha256}};
  use.run<RsaEncrypt>("RSA_Encrypt", {use.key},
                      {.message = RsaMessage(text_bytes("hello")), .in_scheme = oaep});
  Bytes number(256, 3);
  number.front() = 0;
  use.run<RsaDecrypt>("RSA_Decrypt", {use.key}, {.cipher_text = wire::RsaBytes(number)});
  use.run<EcdhKeyGen>("ECDH_KeyGen", {use.key}, {});
  use.run<EcdhZGen>("ECDH_ZGen", {use.key}, {generator()});
  for (uint8_t decrypt : {uint8_t{0}, uint8_t{1}})
    use.run<EncryptDecrypt2>("EncryptDecrypt2 " + std::to_string(decrypt), {use.key},
                             {.in_data = wire::SecretMaxBuffer(ByteView(Bytes(16))),
                              .decrypt = {decrypt},
                              .mode = {AlgId::Cfb},
                              .iv_in = wire::Iv(Bytes(16))});
  use.run<Mac>("HMAC", {use.key}, {abc(), {AlgId::Sha256}});
  use.run<Mac>("CMAC", {use.key}, {abc(), {AlgId::Cmac}});
  auto sequence = use.run<MacStart>("MAC_Start", {use.key}, {.scheme = {AlgId::Sha256}});
  if (sequence.code == rc::Success) flush(use.client, sequence.reply.sequence.value);
}

void be_a_parent(Use& use) {
  use.run<Create>("Create", {use.key}, {.in_public = sealed_data(), .creation_pcr = {}});
  use.run<CreateLoaded>("CreateLoaded", {use.key},
                        {.in_public = wire::Template(wire::to_wire(hmac_key()))});
  use.run<Load>("Load", {use.key},
                {.in_private = wire::Private(Bytes(80)), .in_public = sealed_data()});
  use.run<Import>("Import", {use.key},
                  {.object_public = sealed_data(), .duplicate = wire::SecretPrivate(Bytes(80))});
  const wire::Name name(Bytes(34));
  use.run<Rewrap>("Rewrap from it", {use.key, rh::Null},
                  {.in_duplicate = wire::SecretPrivate(Bytes(80)), .name = name});
  use.run<Rewrap>("Rewrap to it", {rh::Null, use.key},
                  {.in_duplicate = wire::SecretPrivate(Bytes(80)), .name = name});
  use.run<MakeCredential>("MakeCredential", {use.key},
                          {wire::SecretDigest(a_digest().view()), name});
  use.run<ActivateCredential>("ActivateCredential by it", {use.other, use.key}, {});
  use.run<ActivateCredential>("ActivateCredential of it", {use.key, use.other}, {});
}

void be_an_object(Use& use) {
  use.run<Unseal>("Unseal", {use.key}, {});
  use.run<ObjectChangeAuth>("ObjectChangeAuth", {use.key, use.other}, {});
  use.run<Duplicate>("Duplicate", {use.key, rh::Null}, {});
  use.run<Duplicate>("Duplicate another to it", {use.other, use.key}, {});
  use.run<PolicySecret>("PolicySecret", {use.key, use.policy}, {});
  use.run<ContextSave>("ContextSave", {use.key}, {});
  for (const char* times : {"EvictControl", "EvictControl again"})
    use.run<EvictControl>(times, {rh::Owner, use.key}, {{0x81000002}});
  use.client.peer().transact(
      TestTpm::password_command<EvictControl>({rh::Owner, 0x81000002}, {{0x81000002}}));
}

void start_with(Use& use) {
  StartAuthSession::Params params{.nonce_caller = a_digest(),
                                  .session_type = wire::SessionType::Hmac,
                                  .auth_hash = {AlgId::Sha256}};
  auto start = [&](const std::string& name, Handle salt, Handle bind) {
    auto answer = use.run<StartAuthSession>(name, {salt, bind}, params);
    if (answer.code == rc::Success) flush(use.client, answer.reply.session_handle.value);
  };
  start("StartAuthSession bound", rh::Null, use.key);
  start("StartAuthSession with its key, no salt", use.key, rh::Null);
  params.encrypted_salt = wire::EncryptedSecret(wire::to_wire(generator()));
  start("StartAuthSession salted", use.key, rh::Null);
}

void try_everything_with(Use use) {
  sign_and_verify(use);
  attest(use);
  encrypt_and_decrypt(use);
  be_a_parent(use);
  be_an_object(use);
  start_with(use);
}

}  // namespace

void key_uses(Client& client) {
  Handle policy = start_policy(client, wire::SessionType::Policy, "policy");
  Handle other = primary(client, ecdsa_key(), "other");
  for (const Kind& kind : kinds()) {
    const std::string name = kind.name;
    bool slow = *kind.pub.type == AlgId::Rsa;
    for (auto [attributes, pub] :
         {std::pair{"", kind.pub},
          {", no userWithAuth", with(kind.pub, ObjectBit::UserWithAuth, false)},
          {", adminWithPolicy", with(kind.pub, ObjectBit::AdminWithPolicy)}}) {
      std::string step = name + attributes;
      if (slow && *attributes) continue;
      auto sensitive =
          *kind.pub.type == AlgId::KeyedHash && !pub.has(ObjectBit::SensitiveDataOrigin)
              ? wire::SensitiveCreate{.data = a_secret().data}
              : wire::SensitiveCreate();
      Handle key = primary(client, pub, step, sensitive);
      try_everything_with({client, step + ": ", key, other, policy});
      flush(client, key);
    }
  }
}

}  // namespace vtpm::differential
