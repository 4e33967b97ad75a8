// SPDX-License-Identifier: Apache-2.0
// What the scenarios share.
#pragma once

#include "engine/commands/context.h"
#include "engine/commands/object.h"
#include "engine/commands/policy.h"
#include "engine/commands/session.h"
#include "tests/differential/client.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"

namespace vtpm::differential {

using namespace engine;
using engine::testing::aes_cfb;
using engine::testing::attestation_key;
using engine::testing::ClientSession;
using engine::testing::decrypting;
using engine::testing::ecc_storage;
using engine::testing::ecdsa_key;
using engine::testing::hmac_key;
using engine::testing::rsa_signing_key;
using engine::testing::rsa_storage;
using engine::testing::sealed_data;
using engine::testing::SessionOptions;
using engine::testing::signature_scheme;
using engine::testing::start_session;
using engine::testing::xor_with;
namespace rh = wire::rh;

inline const Options kQuiet{.break_it = false};

// swtpm's clock runs while ours stands: expirations of policies that a slow machine would reach.
inline const std::vector<std::string> kSoon = {"p4=000000", "p4=ffffffff"};

inline wire::PcrSelections some_pcrs() {
  return {{{.hash = {AlgId::Sha256}, .mask = 0x00010001}}};
}
inline wire::Digest a_digest() {
  return wire::Digest(Bytes(32, 7));
}
inline wire::MaxBuffer abc() {
  return wire::MaxBuffer(text_bytes("abc"));
}
inline wire::SensitiveCreate a_secret() {
  return {.user_auth = wire::Auth(text_bytes("auth")),
          .data = wire::SensitiveData(text_bytes("secret"))};
}

inline wire::SensitiveCreate a_password() {
  return {.user_auth = wire::Auth(text_bytes("auth"))};
}

inline Handle primary(Client& client, const wire::Public& pub, const std::string& step = "primary",
                      const wire::SensitiveCreate& sensitive = {}) {
  return client
      .run<CreatePrimary>(step, {rh::Owner}, {.in_sensitive = sensitive, .in_public = pub}, kQuiet)
      .reply.object_handle.value;
}

inline Handle start_policy(Client& client, wire::SessionType type,
                           const std::string& step = "start") {
  return client
      .run<StartAuthSession>(
          step, {rh::Null, rh::Null},
          {.nonce_caller = a_digest(), .session_type = type, .auth_hash = {AlgId::Sha256}}, kQuiet)
      .reply.session_handle.value;
}

// swtpm has room for three at a time.
inline void end_policy(Client& client, Handle session, const std::string& step) {
  client.run<FlushContext>(step, {}, {.flush_handle = {session}}, kQuiet);
}

inline void flush(Client& client, Handle handle) {
  client.must<FlushContext>({}, {.flush_handle = {handle}});
}
inline Bytes bytes_of(std::string_view text) {
  return to_bytes(text_bytes(text));
}

// The authorizations of each attempt: these, the sessions as they are by then.
inline Options with(std::vector<Use> uses) {
  return {.uses = [uses] { return uses; }};
}
inline Options quiet(Options options) {
  options.break_it = false;
  return options;
}
inline Options except(std::vector<std::string> paths, Options options) {
  options.except = std::move(paths);
  return options;
}
inline Options same(Options options) {
  options.same_reply = true;
  return options;
}

// Notes the policy digest after a step, which is the same everywhere.
inline void note_digest(Client& client, Handle session, const std::string& after) {
  client.run<PolicyGetDigest>("digest after " + after, {session}, {},
                              {.same_reply = true, .break_it = false});
}

}  // namespace vtpm::differential
