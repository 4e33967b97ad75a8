// SPDX-License-Identifier: Apache-2.0
// Objects that are well formed, but not always allowed.
#include "engine/commands/asymmetric.h"
#include "engine/commands/create_loaded.h"
#include "engine/commands/duplication.h"
#include "tests/differential/scenario_tools.h"
#include "tests/differential/scenarios.h"
#include "tests/engine/hex.h"
#include "tests/engine/imports.h"

namespace vtpm::differential {

namespace formula = engine::testing::formula;
namespace templates = engine::testing::templates;
using engine::testing::hex;
using engine::testing::movable;
using engine::testing::SignerOf43;
using engine::testing::unguarded;
using wire::ObjectBit;

namespace {

const Bytes kOwnKey(16, 0x4B), kOwnSeed(32, 0x5E);

// Runs what may make an object, and makes room again.
template <class C>
Answer<C> make(Client& client, const std::string& step, const std::vector<Handle>& handles,
               const typename C::Params& params) {
  auto answer = client.run<C>(step, handles, params, kQuiet);
  if constexpr (requires { answer.reply.object_handle; })
    if (answer.code == rc::Success) flush(client, answer.reply.object_handle.value);
  return answer;
}

wire::Public of_the_caller(wire::Public pub) {
  pub.attributes.set(ObjectBit::SensitiveDataOrigin, false);
  return pub;
}
wire::Public cipher_storage() {
  return unguarded(templates::cipher(templates::kStorageKey));
}
wire::Public deriving(AlgId xor_hash = AlgId::Sha256) {
  wire::Public pub = unguarded(templates::keyed_hash(templates::kStorageKey));
  pub.parameters.get<wire::KeyedHashParameters>()->scheme = {
      .scheme = wire::KeyedHashSchemeOrNull{AlgId::Xor},
      .details = wire::XorScheme{.hash = xor_hash, .kdf = AlgId::Kdf1Sp800_108}};
  return pub;
}
wire::SensitiveCreate own_secret() {
  return {.data = wire::SensitiveData(ByteView(kOwnKey))};
}

void giving_secrets(Client& client, Handle parent) {
  for (const auto& [name, pub] : {std::pair{"cipher storage", cipher_storage()},
                                  {"derivation parent", deriving()},
                                  {"ECC signing", ecdsa_key()}}) {
    std::string step = std::string("own secret, ") + name;
    const wire::Public own = of_the_caller(pub);
    make<Create>(client, step, {parent}, {.in_sensitive = own_secret(), .in_public = own});
    make<CreatePrimary>(client, step + ", primary", {rh::Owner},
                        {.in_sensitive = own_secret(), .in_public = own});
    make<CreatePrimary>(client, step + ", movable", {rh::Owner},
                        {.in_sensitive = own_secret(), .in_public = movable(own)});
  }
}

void importing_symmetric(Client& client, Handle parent) {
  for (const auto& [name, pub] : {std::pair{"cipher storage", cipher_storage()},
                                  {"derivation parent", deriving()},
                                  {"HMAC key", hmac_key()}}) {
    for (const auto& [how, unique] :
         {std::pair{"hash", formula::hash(AlgId::Sha256, {kOwnSeed, kOwnKey})},
          {"HMAC", formula::hmac(AlgId::Sha256, kOwnSeed, {kOwnKey})}}) {
      wire::Public area = movable(pub);
      area.unique = wire::Digest(ByteView(unique));
      const wire::Sized<wire::Sensitive> plain =
          wire::Sensitive{.type = area.type.value,
                          .seed = wire::Auth(ByteView(kOwnSeed)),
                          .value = wire::PrivateValue(ByteView(kOwnKey))};
      make<Import>(client, std::string(name) + " by its " + how, {parent},
                   {.object_public = area,
                    .duplicate = wire::SecretPrivate(ByteView(wire::to_wire(plain)))});
    }
  }
}

void loading_outside(Client& client) {
  auto load = [&](const std::string& step, const wire::Public& pub,
                  std::optional<wire::Sensitive> sensitive = {}) {
    make<LoadExternal>(client, step, {},
                       {.in_private = {sensitive}, .in_public = pub, .hierarchy = {rh::Null}});
  };
  wire::Public cipher = unguarded(templates::cipher({ObjectBit::UserWithAuth, ObjectBit::Decrypt}));
  Bytes weak(16);
  weak.back() = 7;
  cipher.unique = wire::Digest(ByteView(formula::hash(AlgId::Sha256, {kOwnSeed, weak})));
  load("a weak key", cipher,
       wire::Sensitive{.type = AlgId::SymCipher,
                       .seed = wire::Auth(ByteView(kOwnSeed)),
                       .value = wire::PrivateValue(ByteView(weak))});
  SignerOf43 signer;
  wire::Public storage = ecc_storage();
  storage.unique = signer.pub.unique;
  storage.parameters.get<wire::EccParameters>()->symmetric = templates::aes(128, AlgId::Cbc);
  load("a storage key with CBC", storage);
  signer.pub.name_hash = AlgId::Null;
  load("no nameAlg", signer.pub, signer.sensitive);
  signer.sensitive.value = wire::PrivateValue(ByteView(Bytes(32, 1)));
  load("no nameAlg, another's private key", signer.pub, signer.sensitive);
}

void keeping_public_areas(Client& client) {
  auto loaded =
      client.must<LoadExternal>({}, {.in_public = SignerOf43().pub, .hierarchy = {rh::Owner}});
  Handle half = loaded.reply.object_handle.value;
  client.run<EvictControl>("a persistent public area", {rh::Owner, half},
                           {.persistent_handle = {0x81000002}}, kQuiet);
  flush(client, half);
}

// A template with a TPMS_DERIVE.
wire::Template derivation(const wire::Public& pub) {
  Bytes form = wire::to_wire(pub);
  form.resize(form.size() - wire::to_wire(pub.unique).size());
  append(form, Bytes{0, 1, 'l', 0, 1, 'c'});
  return wire::Template(form);
}

void deriving_keys(Client& client) {
  const wire::ObjectAttributes attributes{ObjectBit::FixedParent, ObjectBit::UserWithAuth,
                                          ObjectBit::Sign};
  // The nameAlg is SHA-256.
  for (auto [name, xor_hash, curve] :
       {std::tuple{"derived, P-256", AlgId::Sha256, CurveId::NistP256},
        {"derived, P-521", AlgId::Sha256, CurveId::NistP521},
        {"derived, XOR with SHA-384", AlgId::Sha384, CurveId::NistP256}}) {
    Handle parent = primary(client, movable(of_the_caller(deriving(xor_hash))),
                            std::string("parent, ") + name, own_secret());
    wire::Public pub = templates::ecc(attributes, curve);
    auto key = client.must<CreateLoaded>({parent}, {.in_public = derivation(pub)});
    client.note(std::string(name) + ": x",
                hex(key.reply.out_public->unique.get<wire::EccPoint>()->x));
    flush(client, key.reply.object_handle.value);
    make<CreateLoaded>(client, std::string(name) + ", movable", {parent},
                       {.in_public = derivation(movable(pub))});
    flush(client, parent);
  }
}

void salting_beyond(Client& client) {
  wire::Public pub = decrypting(rsa_signing_key());
  for (auto [name, hash, size] : {std::tuple{"a salt of 32, OAEP with SHA-1", AlgId::Sha1, 32u},
                                  {"a salt of 33, OAEP with SHA-512", AlgId::Sha512, 33u}}) {
    const wire::HashScheme details{hash};
    pub.parameters.get<wire::RsaParameters>()->scheme = {.scheme = {AlgId::Oaep},
                                                         .details = details};
    Handle key = primary(client, pub, std::string("key for ") + name);
    auto salt = client.must<RsaEncrypt>(
        {key}, {.message = RsaMessage(ByteView(Bytes(size, 9))),
                .in_scheme = {.scheme = {AlgId::Oaep}, .details = details},
                .label = wire::Data(Bytes{'S', 'E', 'C', 'R', 'E', 'T', 0})});
    auto started =
        client.run<StartAuthSession>(name, {key, rh::Null},
                                     {.nonce_caller = a_digest(),
                                      .encrypted_salt = wire::EncryptedSecret(salt.reply.out_data),
                                      .auth_hash = {AlgId::Sha256}},
                                     kQuiet);
    if (started.code == rc::Success) flush(client, started.reply.session_handle.value);
    flush(client, key);
  }
}

}  // namespace

void object_rules(Client& client) {
  auto made = make<CreatePrimary>(client, "no PCR", {rh::Null}, {.in_public = ecdsa_key()});
  client.note("no PCR: size of pcrDigest",
              std::to_string(made.reply.creation_data->pcr_digest.size()));
  Handle parent = primary(client, ecc_storage());
  giving_secrets(client, parent);
  importing_symmetric(client, parent);
  flush(client, parent);
  loading_outside(client);
  keeping_public_areas(client);
  deriving_keys(client);
  salting_beyond(client);
}

}  // namespace vtpm::differential
