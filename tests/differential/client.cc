// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/client.h"

#include "engine/commands/context.h"
#include "tests/engine/hex.h"

namespace vtpm::differential {
namespace {

using engine::testing::hex;

constexpr uint32_t kReturnsHandle = 1u << 28;  // TPMA_CC

struct PasswordAuthorization {  // TPMS_AUTH_COMMAND
  Handle session = engine::wire::rh::Password;
  engine::wire::Nonce nonce;
  uint8_t attributes = 1;
  engine::wire::Auth password;
};

bool starts_with(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

uint32_t code_of(ByteView response) {
  return load_be<uint32_t>(response.subspan(6));
}

}  // namespace

Bytes Client::area(const std::vector<Handle>& handles) {
  Bytes bytes;
  Writer out(bytes);
  for (Handle handle : handles) out.put_be(handle);
  return bytes;
}

FieldWalk Client::authorizations(const engine::CommandRow& row, const Options& options) {
  FieldWalk walk;
  for (unsigned i = 0; i < row.auth_count; ++i) {
    PasswordAuthorization one;
    if (i < options.passwords.size())
      one.password = engine::wire::Auth(ByteView(options.passwords[i]));
    walk.add(one, "a" + std::to_string(i + 1));
  }
  return walk;
}

Bytes Client::assemble(const Command& command) {
  Bytes body = command.handles;
  Writer out(body);
  if (!command.sessions.empty()) {
    out.put_be(static_cast<uint32_t>(command.sessions.size()));
    out.put(command.sessions);
  }
  out.put(command.parameters);
  Bytes bytes;
  Writer header(bytes);
  header.put_be<uint16_t>(command.sessions.empty() ? 0x8001 : 0x8002);
  header.put_be(static_cast<uint32_t>(10 + body.size()));
  header.put_be(static_cast<uint32_t>(command.row.code));
  header.put(body);
  return bytes;
}

void Client::try_broken(const std::string& step, const Command& command,
                        const std::vector<Handle>& handles, const FieldWalk& sessions,
                        const FieldWalk& parameters, const Options& options) {
  auto left_alone = [&](const std::string& name) {
    for (const std::string& path : options.except)
      if (starts_with(name, path)) return true;
    return false;
  };
  auto each = [&](const std::vector<Mutant>& list, Bytes Command::*part) {
    for (const Mutant& mutant : list) {
      if (left_alone(mutant.name)) continue;
      Command broken = command;
      broken.*part = mutant.bytes;
      attempt(step, mutant.name, broken, options);
    }
  };
  each(handle_mutants(handles), &Command::handles);
  if (options.break_authorization)
    each(mutants(sessions.bytes(), sessions.fields(), options.depth), &Command::sessions);
  each(cuts(parameters.bytes(), parameters.fields()), &Command::parameters);
  each(mutants(parameters.bytes(), parameters.fields(), options.depth), &Command::parameters);
}

void Client::attempt(const std::string& step, const std::string& mutant, const Command& command,
                     const Options& options) {
  Bytes response = peer_.transact(assemble(command));
  note(step + ": " + mutant, response, options.same_reply);
  bool made = code_of(response) == 0 && (command.row.attributes & kReturnsHandle) != 0;
  if (!made) return;
  Handle handle = load_be<uint32_t>(ByteView(response).subspan(10));
  peer_.transact(TestTpm::password_command<engine::FlushContext>({}, {.flush_handle = {handle}}));
}

void Client::note(const std::string& step, ByteView response, bool whole) {
  char code[16];
  std::snprintf(code, sizeof code, "%03x", code_of(response));
  std::string& outcome = transcript_[step];
  EXPECT_TRUE(outcome.empty()) << step << " is there twice";
  outcome = code;
  if (whole && code_of(response) == 0) outcome += " " + hex(response.subspan(10));
}

}  // namespace vtpm::differential
