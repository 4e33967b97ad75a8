// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/test_tpm.h"

#include "engine/commands/startup.h"

namespace vtpm::engine::testing {
namespace {

// The known-answer tests have tests of their own and would be most of what a short test does.
bool assume_passed(crypto::SelfTest) noexcept {
  return true;
}

}  // namespace

TestTpm::TestTpm(bool start, uint64_t seed, const Profile& profile)
    : entropy(seed), random(entropy), ports{clock, random, cancellation, assume_passed} {
  state = power_on(manufacture(ports, profile), ports);
  if (start) {
    EXPECT_EQ(run<Startup>({}, {wire::StartupType::Clear}).code, rc::Success);
  }
}

Secret TestTpm::execute(ByteView command, uint8_t from_locality) {
  Outcome outcome = engine::execute(state,
                                    {.locality = from_locality,
                                     .command = command,
                                     .physical_presence = physical_presence,
                                     .maximum_size = maximum_size},
                                    ports);
  state = std::move(outcome.state);
  if (record)
    record->push_back({.milliseconds = clock.now,
                       .locality = from_locality,
                       .command = to_bytes(command),
                       .response = to_bytes(outcome.response.view())});
  return std::move(outcome.response);
}

Bytes TestTpm::peek(ByteView command) {
  Outcome outcome = engine::execute(state, {.command = command}, ports);
  return to_bytes(outcome.response.view());
}

Bytes TestTpm::password_command(const CommandRow& row, const std::vector<wire::Handle>& handles,
                                ByteView params, std::vector<Bytes> passwords) {
  passwords.resize(std::max<size_t>(row.auth_count, passwords.size()));
  Bytes sessions;
  Writer out(sessions);
  for (const Bytes& password : passwords) {
    out.put_be(wire::rh::Password);
    out.put_be(uint16_t{0});
    out.put_be(uint8_t{1});
    wire::marshal(out, wire::Auth(ByteView(password)));
  }
  return assemble(row.code, handles, sessions, params);
}

Bytes TestTpm::assemble(wire::CommandCode code, const std::vector<wire::Handle>& handles,
                        ByteView sessions, ByteView params) {
  Bytes command;
  Writer out(command);
  wire::marshal(out,
                sessions.empty() ? wire::StructureTag::NoSessions : wire::StructureTag::Sessions);
  out.put_be(uint32_t{0});
  wire::marshal(out, code);
  for (wire::Handle handle : handles) out.put_be(handle);
  if (!sessions.empty()) {
    out.put_be(static_cast<uint32_t>(sessions.size()));
    out.put(sessions);
  }
  out.put(params);
  out.patch_be(2, static_cast<uint32_t>(command.size()));
  return command;
}

}  // namespace vtpm::engine::testing
