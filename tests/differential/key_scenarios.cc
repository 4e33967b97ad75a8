// SPDX-License-Identifier: Apache-2.0
// Asymmetric keys, those that come from outside among them.
#include "engine/commands/asymmetric.h"
#include "engine/commands/capability.h"
#include "engine/commands/commit.h"
#include "engine/commands/key_exchange.h"
#include "engine/commands/signing.h"
#include "engine/object/ecc_key.h"
#include "engine/ticket.h"
#include "tests/differential/scenario_tools.h"
#include "tests/differential/scenarios.h"

namespace vtpm::differential {

namespace templates = engine::testing::templates;

namespace {

const wire::ObjectAttributes kAnyUse = {wire::ObjectBit::UserWithAuth, wire::ObjectBit::NoDa,
                                        wire::ObjectBit::Sign, wire::ObjectBit::Decrypt};

struct OutsideKey {
  wire::Public pub;
  wire::Sensitive sensitive;
};
OutsideKey ecc_key(Client& client, CurveId curve) {
  auto pair = crypto::generate_ecc_key(to_crypto_curve(curve), client.peer().caller_random);
  OutsideKey key{
      .pub = templates::ecc(kAnyUse, curve),
      .sensitive = {.type = AlgId::Ecc, .value = wire::PrivateValue(ByteView(pair.d.view()))}};
  key.pub.unique = to_wire_point(pair.q);
  return key;
}

LoadExternal::Params as_external(const OutsideKey& key) {
  return {.in_private = {key.sensitive}, .in_public = key.pub, .hierarchy = {rh::Null}};
}

}  // namespace

void external_keys(Client& client) {
  OutsideKey key = ecc_key(client, CurveId::NistP256);
  auto loaded =
      client.run<LoadExternal>("LoadExternal", {}, as_external(key), {.depth = Depth::Few});
  Handle handle = loaded.reply.object_handle.value;
  auto pair = ecc_key(client, CurveId::NistP256);
  client.run<EcdhZGen>("ECDH_ZGen", {handle}, {*pair.pub.unique.get<wire::EccPoint>()},
                       {.same_reply = true, .depth = Depth::Few});
  client.run<ReadPublic>("ReadPublic", {handle}, {}, same(kQuiet));
  for (CurveId curve : {CurveId::NistP192, CurveId::NistP224, CurveId::NistP384, CurveId::NistP521,
                        CurveId::BnP256}) {
    auto other = client.run<LoadExternal>("curve " + std::to_string(static_cast<int>(curve)), {},
                                          as_external(ecc_key(client, curve)), kQuiet);
    flush(client, other.reply.object_handle.value);
  }
}

void tested_parameters(Client& client) {
  for (const auto& [name, pub] :
       {std::pair{"RSA storage", rsa_storage()}, std::pair{"RSA signing", rsa_signing_key()},
        std::pair{"ECC storage", ecc_storage()}, std::pair{"ECC attestation", attestation_key()},
        std::pair{"HMAC", hmac_key()}, std::pair{"sealed", sealed_data()},
        std::pair{"AES",
                  templates::cipher({wire::ObjectBit::UserWithAuth, wire::ObjectBit::Decrypt})}})
    client.run<TestParms>(std::string("TestParms ") + name, {}, {{pub.type, pub.parameters}});
}

void rsa_schemes(Client& client) {
  Handle key = primary(client, decrypting(rsa_signing_key()));
  using Scheme = wire::RsaDecryptScheme;
  const wire::HashScheme sha1{AlgId::Sha1}, sha256{AlgId::Sha256}, sha512{AlgId::Sha512};
  const std::tuple<const char*, Scheme, wire::Data> ways[] = {
      {"OAEP SHA-1", {.scheme = {AlgId::Oaep}, .details = sha1}, {}},
      {"OAEP SHA-256", {.scheme = {AlgId::Oaep}, .details = sha256}, wire::Data(Bytes{'L', 0})},
      {"OAEP SHA-512", {.scheme = {AlgId::Oaep}, .details = sha512}, wire::Data(Bytes{0})},
      {"RSAES", {.scheme = {AlgId::RsaEs}}, {}},
      {"RSAES with a label", {.scheme = {AlgId::RsaEs}}, wire::Data(Bytes{'L', 0})},
      {"no padding", {}, {}},
      {"no padding, with a label", {}, wire::Data(Bytes{'L', 0})},
  };
  for (const auto& [name, scheme, label] : ways) {
    std::string step = name;
    auto encrypted = client.run<RsaEncrypt>(
        "RSA_Encrypt " + step, {key},
        {.message = RsaMessage(text_bytes("hello")), .in_scheme = scheme, .label = label},
        {.depth = Depth::Few});
    client.run<RsaDecrypt>(
        "RSA_Decrypt " + step, {key},
        {.cipher_text = encrypted.reply.out_data, .in_scheme = scheme, .label = label},
        {.same_reply = true, .depth = Depth::Few, .except = {"p1 first", "p1 last"}});
  }
  client.run<RsaEncrypt>("a label without an end", {key},
                         {.message = RsaMessage(text_bytes("hello")),
                          .in_scheme = std::get<1>(ways[1]),
                          .label = wire::Data(Bytes{'L'})},
                         kQuiet);
}

void weak_keys(Client& client) {
  const wire::Public rsa = engine::testing::unguarded(templates::rsa(templates::kSigningKey, 1024));
  const std::tuple<const char*, wire::Public, AlgId> ways[] = {
      {"RSA 1024", rsa, AlgId::RsaSsa},
      {"P-192", ecdsa_key(CurveId::NistP192), AlgId::EcDsa},
  };
  for (const auto& [name, pub, scheme] : ways) {
    std::string step = name;
    Handle key = primary(client, pub, step);
    auto made = client.run<Sign>("Sign " + step, {key},
                                 {.digest = a_digest(),
                                  .in_scheme = signature_scheme(scheme, AlgId::Sha256),
                                  .validation = null_ticket<wire::StructureTag::HashCheck>()},
                                 {.depth = Depth::Few});
    client.run<VerifySignature>("VerifySignature " + step, {key},
                                {.digest = a_digest(), .signature = made.reply.signature},
                                {.depth = Depth::Few});
  }
}

void two_phase_exchange(Client& client) {
  Handle key = primary(client, decrypting(ecdsa_key()));
  auto first =
      client.run<EcEphemeral>("EC_Ephemeral", {}, {{CurveId::NistP256}}, {.except = {"p1="}});
  auto point = [&] { return *ecc_key(client, CurveId::NistP256).pub.unique.get<wire::EccPoint>(); };
  const ZGen2Phase::Params params{.static_b = point(),
                                  .ephemeral_b = point(),
                                  .scheme = {AlgId::Ecdh},
                                  .counter = first.reply.counter};
  // What succeeds uses the counter up.
  client.run<ZGen2Phase>("ZGen_2Phase", {key}, params, kQuiet);
  client.run<ZGen2Phase>("ZGen_2Phase again", {key}, params,
                         {.depth = Depth::Few, .except = {"p4"}});
}

void anonymous_signatures(Client& client) {
  wire::Public pub = ecdsa_key(CurveId::BnP256);
  pub.name_hash = AlgId::Sha256;
  pub.parameters.get<wire::EccParameters>()->scheme = {
      .scheme = {AlgId::EcDaa}, .details = wire::HashCountScheme{.hash = AlgId::Sha256}};
  Handle key = primary(client, pub);
  client.run<Commit>("Commit", {key}, {}, {.depth = Depth::Few});
  auto point = *ecc_key(client, CurveId::BnP256).pub.unique.get<wire::EccPoint>();
  client.run<Commit>("Commit with a point", {key}, {.p1 = {point}}, {.depth = Depth::Few});
  auto commit = client.run<Commit>("Commit once more", {key}, {}, kQuiet);
  auto params = [&](uint16_t count) {
    return Sign::Params{
        .digest = a_digest(),
        .in_scheme = {.scheme = {AlgId::EcDaa},
                      .details = wire::HashCountScheme{.hash = AlgId::Sha256, .count = count}},
        .validation = null_ticket<wire::StructureTag::HashCheck>()};
  };
  client.run<Sign>("Sign", {key}, params(commit.reply.counter), kQuiet);
  client.run<Sign>("Sign again", {key}, params(commit.reply.counter), {.except = {"p2.2="}});
  client.run<Sign>("Sign with another count", {key}, params(0x7777), kQuiet);
}

}  // namespace vtpm::differential
