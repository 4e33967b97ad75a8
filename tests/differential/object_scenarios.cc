// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/asymmetric.h"
#include "engine/commands/context.h"
#include "engine/commands/create_loaded.h"
#include "engine/commands/credential.h"
#include "engine/commands/duplication.h"
#include "tests/differential/scenario_tools.h"
#include "tests/differential/scenarios.h"
#include "tests/engine/imports.h"

namespace vtpm::differential {

namespace formula = engine::testing::formula;

void creating(Client& client) {
  client.run<CreatePrimary>("CreatePrimary ECC", {rh::Owner}, {.in_public = ecc_storage()});
  client.run<CreatePrimary>("CreatePrimary signing", {rh::Null},
                            {.in_public = ecdsa_key(), .creation_pcr = some_pcrs()});
  client.run<CreatePrimary>("CreatePrimary sealed", {rh::Endorsement},
                            {.in_sensitive = a_secret(), .in_public = sealed_data()});
}

void creating_rsa(Client& client) {
  client.run<CreatePrimary>("CreatePrimary RSA", {rh::Owner}, {.in_public = rsa_storage()},
                            {.depth = Depth::Few});
}

void objects(Client& client) {
  Handle parent = primary(client, ecc_storage());
  auto created = client.run<Create>("Create", {parent},
                                    {.in_sensitive = a_secret(), .in_public = sealed_data()});
  auto loaded = client.run<Load>(
      "Load", {parent},
      {.in_private = created.reply.out_private, .in_public = created.reply.out_public});
  Handle item = loaded.reply.object_handle.value;
  client.run<ReadPublic>("ReadPublic", {item}, {});
  const std::vector<Bytes> auth = {to_bytes(text_bytes("auth"))};
  client.run<Unseal>("Unseal", {item}, {}, {.passwords = auth, .same_reply = true});
  client.run<ObjectChangeAuth>("ObjectChangeAuth", {item, parent},
                               {wire::Auth(text_bytes("other"))}, {.passwords = auth});
  auto saved = client.run<ContextSave>("ContextSave", {item}, {});
  client.run<FlushContext>("FlushContext", {}, {.flush_handle = {item}}, {.except = {"p1=80"}});
  client.run<ContextLoad>("ContextLoad", {}, {saved.reply.context});
  client.run<EvictControl>("EvictControl", {rh::Owner, parent}, {.persistent_handle = {0x81000001}},
                           {.except = {"p1=81", "p1=8100"}});
  client.run<EvictControl>("EvictControl away", {rh::Owner, 0x81000001},
                           {.persistent_handle = {0x81000001}});
}

void creating_children(Client& client) {
  Handle parent = primary(client, ecc_storage());
  client.run<Create>("Create ECC storage", {parent}, {.in_public = ecc_storage()});
  client.run<Create>("Create signing", {parent}, {.in_public = ecdsa_key()});
  client.run<Create>("Create attestation", {parent}, {.in_public = attestation_key()});
  client.run<Create>("Create HMAC", {parent}, {.in_public = hmac_key()});
}

// An HMAC key of the caller's, both parts (Part 1, 27.5.3.2).
static std::pair<wire::Sensitive, wire::Public> own_key() {
  const Bytes seed(32, 5), bits(32, 6);
  wire::Public pub = hmac_key();
  pub.attributes = wire::ObjectAttributes{wire::ObjectBit::UserWithAuth, wire::ObjectBit::Sign,
                                          wire::ObjectBit::NoDa};
  pub.unique = wire::Digest(crypto::hash(crypto::HashAlg::Sha256, {seed, bits}));
  return {{.type = {AlgId::KeyedHash},
           .seed = wire::Auth(ByteView(seed)),
           .value = wire::PrivateValue(ByteView(bits))},
          pub};
}

void external(Client& client) {
  auto [sensitive, pub] = own_key();
  auto loaded = client.run<LoadExternal>(
      "LoadExternal both parts", {},
      {.in_private = {sensitive}, .in_public = pub, .hierarchy = {rh::Null}},
      {.same_reply = true, .depth = Depth::Few});
  client.run<FlushContext>("flush", {}, {.flush_handle = {loaded.reply.object_handle.value}},
                           kQuiet);
  // Without any wrapper a duplicate is the marshalled sensitive area.
  Handle parent = primary(client, ecc_storage(), "parent");
  Bytes duplicate = wire::to_wire(wire::Sized<wire::Sensitive>(sensitive));
  client.run<Import>("Import", {parent},
                     {.object_public = pub, .duplicate = wire::SecretPrivate(duplicate)});
  client.run<FlushContext>("flush the parent", {}, {.flush_handle = {parent}}, kQuiet);

  auto key = client.run<CreatePrimary>("primary", {rh::Null}, {.in_public = ecdsa_key()}, kQuiet);
  client.run<LoadExternal>("LoadExternal", {},
                           {.in_public = key.reply.out_public, .hierarchy = {rh::Null}});
}

// Private areas by whoever knows the seed of their parent.
void outside_children(Client& client) {
  Handle root = primary(client, ecc_storage(), "root");
  const auto key = engine::testing::known_storage_key(client.peer());
  const Bytes seed(32, 0x5E);
  const wire::Sized<wire::Sensitive> area = wire::Sensitive{
      .type = {AlgId::Ecc}, .seed = wire::Auth(ByteView(seed)), .value = wire::PrivateValue(key.d)};
  auto imported = client.must<Import>(
      {root},
      {.object_public = key.pub, .duplicate = wire::SecretPrivate(ByteView(wire::to_wire(area)))});
  Handle parent =
      client.must<Load>({root}, {.in_private = imported.reply.out_private, .in_public = key.pub})
          .reply.object_handle.value;
  auto load = [&](const std::string& step, const wire::Public& pub, const Bytes& plain) {
    wire::Private blob(formula::child_wrap(key.pub, seed, compute_name(pub), plain));
    auto loaded = client.run<Load>(step, {parent}, {.in_private = blob, .in_public = pub}, kQuiet);
    if (loaded.code == rc::Success) flush(client, loaded.reply.object_handle.value);
  };
  flush(client, root);
  auto [sensitive, pub] = own_key();
  const Bytes good = wire::to_wire(wire::Sized<wire::Sensitive>(sensitive));
  load("Load what is well made", pub, good);
  load("Load what ends too early", pub, Bytes(good.begin(), good.end() - 1));
  const engine::testing::SignerOf43 signer(1);
  load("Load a short scalar", signer.pub,
       wire::to_wire(wire::Sized<wire::Sensitive>(signer.sensitive)));
}

void creating_loaded(Client& client) {
  auto as_template = [](const wire::Public& pub) { return wire::Template(wire::to_wire(pub)); };
  client.run<CreateLoaded>("CreateLoaded primary", {rh::Owner},
                           {.in_public = as_template(ecc_storage())});
  Handle parent = primary(client, ecc_storage());
  client.run<CreateLoaded>("CreateLoaded child", {parent},
                           {.in_sensitive = a_secret(), .in_public = as_template(sealed_data())});
}

void credentials(Client& client) {
  Handle key = primary(client, ecc_storage());
  auto object =
      client.run<CreatePrimary>("object", {rh::Owner}, {.in_public = ecdsa_key()}, kQuiet);
  auto made = client.run<MakeCredential>(
      "MakeCredential", {key},
      {.credential = wire::SecretDigest(a_digest().view()), .object_name = object.reply.name});
  client.run<ActivateCredential>(
      "ActivateCredential", {object.reply.object_handle.value, key},
      {.credential_blob = made.reply.credential_blob, .secret = made.reply.secret},
      {.same_reply = true, .except = {"p1 size"}});
}

void rsa_encryption(Client& client) {
  Handle key = primary(client, decrypting(rsa_signing_key()));
  const wire::RsaDecryptScheme oaep{.scheme = {AlgId::Oaep},
                                    .details = wire::HashScheme{AlgId::Sha256}};
  const wire::Data label(Bytes{'L', 0});
  auto encrypted = client.run<RsaEncrypt>(
      "RSA_Encrypt", {key},
      {.message = RsaMessage(text_bytes("hello")), .in_scheme = oaep, .label = label});
  client.run<RsaDecrypt>(
      "RSA_Decrypt", {key},
      {.cipher_text = encrypted.reply.out_data, .in_scheme = oaep, .label = label},
      {.same_reply = true, .depth = Depth::Few});
}

void ecdh(Client& client) {
  Handle key = primary(client, decrypting(ecdsa_key()));
  auto made = client.run<EcdhKeyGen>("ECDH_KeyGen", {key}, {});
  client.run<EcdhZGen>("ECDH_ZGen", {key}, {made.reply.pub_point}, {.depth = Depth::Few});
  client.run<EccParameters>("ECC_Parameters", {}, {{CurveId::NistP256}}, {.same_reply = true});
}

}  // namespace vtpm::differential
