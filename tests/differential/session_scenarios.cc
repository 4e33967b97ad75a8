// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/attestation.h"
#include "engine/commands/pcr.h"
#include "engine/commands/random.h"
#include "tests/differential/scenario_tools.h"
#include "tests/differential/scenarios.h"

namespace vtpm::differential {

using engine::testing::kAudit;
using engine::testing::kAuditExclusive;
using engine::testing::kAuditReset;
using engine::testing::kContinue;
using engine::testing::kDecrypt;
using engine::testing::kEncrypt;
using engine::testing::salt_for;

namespace {

constexpr AlgId kHashes[] = {AlgId::Sha1, AlgId::Sha256, AlgId::Sha384, AlgId::Sha512};
constexpr wire::SessionType kTypes[] = {wire::SessionType::Hmac, wire::SessionType::Policy,
                                        wire::SessionType::Trial};

StartAuthSession::Params parameters(wire::SessionType type = wire::SessionType::Hmac,
                                    const wire::SymmetricDefinition& symmetric = aes_cfb(128)) {
  return {.nonce_caller = a_digest(),
          .session_type = type,
          .symmetric = symmetric,
          .auth_hash = {AlgId::Sha256}};
}

Bytes sealed() {
  return bytes_of("auth");
}
Handle sealed_item(Client& client) {
  return primary(client, sealed_data(), "item", a_secret());
}

}  // namespace

void starting_sessions(Client& client) {
  // The other sizes of keys and hash algorithms are not the same everywhere.
  client.run<StartAuthSession>("unbound", {rh::Null, rh::Null}, parameters());
  client.run<StartAuthSession>("XOR", {rh::Null, rh::Null},
                               parameters(wire::SessionType::Policy, xor_with(AlgId::Sha256)));
  for (wire::SessionType type : kTypes) {
    std::string name = "type " + std::to_string(static_cast<int>(type));
    auto started = client.run<StartAuthSession>(name, {rh::Null, rh::Owner}, parameters(type),
                                                {.depth = Depth::Few});
    flush(client, started.reply.session_handle.value);
  }
}

void salting_sessions(Client& client) {
  // A nonce of a byte more makes the salt's first byte, which is random, the low one of its size.
  const Options salted{.depth = Depth::Few, .except = {"p1 size+1"}};
  for (const auto& [name, pub] : {std::pair{"RSA", rsa_storage()}, {"ECC", ecc_storage()}}) {
    Handle key = primary(client, pub, std::string(name) + " key");
    StartAuthSession::Params params = parameters();
    params.encrypted_salt = salt_for(client.peer(), key).encrypted;
    auto started = client.run<StartAuthSession>(std::string("salted with ") + name, {key, rh::Null},
                                                params, salted);
    flush(client, started.reply.session_handle.value);
    flush(client, key);
  }
  Handle signer = primary(client, ecdsa_key(), "signing key");
  StartAuthSession::Params params = parameters();
  params.encrypted_salt = salt_for(client.peer(), signer).encrypted;
  client.run<StartAuthSession>("salted with a signing key", {signer, rh::Null}, params, kQuiet);
}

// Each way to a session key, for each hash and each parameter encryption.
void session_keys(Client& client) {
  Handle item = sealed_item(client), ecc = primary(client, ecc_storage(), "ECC key");
  Handle rsa = primary(client, rsa_storage(), "RSA key");
  const std::pair<const char*, SessionOptions> kinds[] = {
      {"unbound", {}},
      {"bound", {.bind = item, .bind_auth = sealed()}},
      {"bound to another", {.bind = ecc}},
      {"salted with RSA", {.salt_key = rsa}},
      {"salted with ECC", {.salt_key = ecc}},
      {"salted and bound", {.salt_key = ecc, .bind = item, .bind_auth = sealed()}}};
  for (auto [name, options] : kinds) {
    for (AlgId hash : kHashes) {
      for (const auto& symmetric : {aes_cfb(128), aes_cfb(256), xor_with(hash)}) {
        options.hash = hash;
        options.symmetric = symmetric;
        ClientSession session = start_session(client.peer(), options);
        std::string step = std::string(name) + " " + std::to_string(static_cast<int>(hash)) + " " +
                           std::to_string(client.transcript().size());
        Options use =
            with({{.session = &session, .auth = sealed(), .attributes = kContinue | kEncrypt}});
        client.run<Unseal>(step, {item}, {}, same(quiet(use)));
        flush(client, session.handle);
      }
    }
  }
}

void hmac_authorizations(Client& client) {
  Handle item = sealed_item(client);
  ClientSession plain = start_session(client.peer());
  client.run<Unseal>("Unseal", {item}, {}, same(with({{.session = &plain, .auth = sealed()}})));
  flush(client, plain.handle);
  ClientSession bound = start_session(
      client.peer(), {.symmetric = aes_cfb(128), .bind = item, .bind_auth = sealed()});
  client.run<Unseal>(
      "Unseal, bound", {item}, {},
      same(with({{.session = &bound, .auth = sealed(), .attributes = kContinue | kEncrypt}})));
  client.run<Unseal>("Unseal, the wrong password", {item}, {},
                     quiet(with({{.session = &bound, .auth = bytes_of("other")}})));
  client.run<Unseal>("Unseal, the end of the session", {item}, {},
                     quiet(with({{.session = &bound, .auth = sealed(), .attributes = 0}})));
  client.run<Unseal>("Unseal, after the end", {item}, {},
                     quiet(with({{.session = &bound, .auth = sealed()}})));
}

void encrypted_parameters(Client& client) {
  Handle parent = primary(client, ecc_storage(), "parent", a_password());
  for (const auto& [name, symmetric] :
       {std::pair{"AES", aes_cfb(128)}, {"XOR", xor_with(AlgId::Sha256)}}) {
    ClientSession session =
        start_session(client.peer(), {.symmetric = symmetric, .salt_key = parent});
    client.run<Create>(std::string("Create ") + name, {parent},
                       {.in_sensitive = a_secret(), .in_public = sealed_data()},
                       with({{.session = &session,
                              .auth = sealed(),
                              .attributes = kContinue | kDecrypt | kEncrypt}}));
    flush(client, session.handle);
  }
}

// Sessions that authorize nothing: besides a password, and by themselves.
void sessions_besides(Client& client) {
  Handle key = primary(client, ecc_storage(), "key");
  auto created =
      client.must<Create>({key}, {.in_sensitive = a_secret(), .in_public = sealed_data()});
  Handle item = client
                    .must<Load>({key}, {.in_private = created.reply.out_private,
                                        .in_public = created.reply.out_public})
                    .reply.object_handle.value;
  ClientSession decrypt =
      start_session(client.peer(), {.symmetric = aes_cfb(128), .salt_key = key});
  ClientSession encrypt = start_session(client.peer(), {.symmetric = xor_with(AlgId::Sha256)});
  ClientSession authorizing = start_session(client.peer(), {.hash = AlgId::Sha384});
  // With an HMAC, though its key is empty: without it anybody may change what is sent.
  const Use encrypting{
      .session = &encrypt, .attributes = kContinue | kEncrypt, .hmac_under_empty_key = true};
  client.run<Unseal>("password and encryption", {item}, {},
                     except({"a2.3 empty"}, same(with({{.auth = sealed()}, encrypting}))));
  client.run<ObjectChangeAuth>(
      "three sessions", {item, key}, {wire::Auth(text_bytes("new"))},
      except({"a3.3 empty"}, with({{.session = &authorizing, .auth = sealed()},
                                   {.session = &decrypt, .attributes = kContinue | kDecrypt},
                                   encrypting})));
  client.run<GetRandom>("encryption alone", {}, {8},
                        with({{.session = &decrypt, .attributes = kContinue | kEncrypt}}));
  client.run<GetRandom>("a password too many", {}, {8}, with({Use()}));
  client.run<Unseal>("one session twice", {item}, {},
                     quiet(with({{.session = &authorizing, .auth = sealed()},
                                 {.session = &authorizing, .attributes = kContinue | kEncrypt}})));
  client.run<ReadPublic>("no session at all", {item}, {}, kQuiet);
}

void saved_sessions(Client& client) {
  Handle item = sealed_item(client);
  ClientSession session = start_session(client.peer(), {.bind = item, .bind_auth = sealed()});
  ClientSession other = start_session(client.peer());
  auto saved = client.run<ContextSave>("ContextSave", {session.handle}, {});
  const Options use = quiet(with({{.session = &session, .auth = sealed()}}));
  client.run<Unseal>("Unseal, saved", {item}, {}, use);
  client.run<ContextSave>("ContextSave again", {session.handle}, {}, kQuiet);
  client.run<ContextLoad>("ContextLoad", {}, {saved.reply.context}, {.except = {"p1.0="}});
  client.run<ContextLoad>("ContextLoad again", {}, {saved.reply.context}, kQuiet);
  client.run<Unseal>("Unseal, loaded", {item}, {}, use);
  auto flushed = client.run<ContextSave>("ContextSave of another", {other.handle}, {}, kQuiet);
  flush(client, other.handle);
  client.run<ContextLoad>("ContextLoad, flushed", {}, {flushed.reply.context}, kQuiet);
  client.run<Unseal>("Unseal, flushed", {item}, {},
                     quiet(with({{.session = &other, .auth = sealed()}})));
}

void audit_sessions(Client& client) {
  Handle key = primary(client, ecdsa_key());
  ClientSession session = start_session(client.peer(), {.salt_key = rh::Null});
  ClientSession other = start_session(client.peer());
  auto exclusive = [&](const std::string& step) {
    auto answer =
        client.must<GetSessionAuditDigest>({rh::Endorsement, rh::Null, session.handle}, {});
    auto attest = wire::from_wire<wire::Attest>(answer.reply.audit_info);
    const auto& info = *attest->attested.get<wire::SessionAuditInfo>();
    EXPECT_EQ(to_bytes(info.session_digest), *session.audit) << step;
    client.note(step, *info.exclusive_session ? "exclusive" : "not exclusive");
  };
  auto audited = [&](uint8_t more = 0, ClientSession* which = nullptr) {
    return with({{.session = which ? which : &session,
                  .attributes = static_cast<uint8_t>(kContinue | kAudit | more),
                  .hmac_under_empty_key = true}});
  };
  client.run<GetSessionAuditDigest>("before", {rh::Endorsement, rh::Null, session.handle}, {},
                                    kQuiet);
  client.run<PcrRead>("PCR_Read", {}, {some_pcrs()}, except({"a1.3 empty"}, audited()));
  exclusive("after the first");
  client.run<PcrRead>("PCR_Read exclusively", {}, {some_pcrs()}, quiet(audited(kAuditExclusive)));
  exclusive("after an exclusive one");
  client.run<GetRandom>("GetRandom", {}, {4}, kQuiet);
  exclusive("after another command");
  client.run<PcrRead>("PCR_Read, no longer", {}, {some_pcrs()}, quiet(audited(kAuditExclusive)));
  client.run<PcrRead>("PCR_Read anew", {}, {some_pcrs()}, quiet(audited(kAuditReset)));
  exclusive("after a reset");
  client.run<PcrRead>("PCR_Read in another", {}, {some_pcrs()}, quiet(audited(0, &other)));
  exclusive("after another session");
  client.run<GetSessionAuditDigest>("GetSessionAuditDigest", {rh::Endorsement, key, session.handle},
                                    {.qualifying_data = wire::Data(text_bytes("data")),
                                     .in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha256)});
}

}  // namespace vtpm::differential
