// SPDX-License-Identifier: Apache-2.0
// A TPM with a simulated clock and fixed entropy, and a client whose marshalling is derived from
// the commands' schemas.
#pragma once

#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "engine/engine.h"
#include "engine/pipeline/command.h"
#include "tests/engine/peer.h"

namespace vtpm::engine::testing {

class ManualClock final : public Clock {
 public:
  uint64_t milliseconds() override { return now; }
  uint64_t now = 1000;
};

class ManualCancellation final : public Cancellation {
 public:
  bool requested() const override { return request; }
  bool request = false;
};

// One command that a TestTpm was given, and what it answered.
struct Exchange {
  uint64_t milliseconds = 0;  // the port's time
  uint8_t locality = 0;
  Bytes command, response;
};

// What came back for a command of schema C.
template <class C>
struct Answer {
  Rc code;
  typename C::Reply reply{};
};

class TestTpm final : public Peer {
 public:
  // A freshly manufactured TPM after _TPM_Init; with `start`, after TPM2_Startup(CLEAR) too.
  explicit TestTpm(bool start = true, uint64_t seed = 1, const Profile& profile = {});

  // The response to the bytes of a command; adopts the new state as a device would.
  Secret execute(ByteView command, uint8_t locality = 0);
  Bytes transact(ByteView command) override { return to_bytes(execute(command, locality).view()); }
  // Leaves no trace in the TPM.
  Bytes peek(ByteView command) override;
  // Its response code.
  Rc code_of(ByteView command) { return Rc(load_be<uint32_t>(execute(command).view().subspan(6))); }
  void power_cycle() { state = power_on(state, ports); }

  // Runs C with an empty password for each handle that needs authorization, or with `passwords`.
  template <class C>
  Answer<C> run(const std::vector<wire::Handle>& handles, const typename C::Params& params,
                const std::vector<Bytes>& passwords = {}) {
    return parse<C>(execute(password_command<C>(handles, params, passwords), locality).view());
  }

  // The bytes of such a command.
  template <class C>
  static Bytes password_command(const std::vector<wire::Handle>& handles,
                                const typename C::Params& params,
                                const std::vector<Bytes>& passwords = {}) {
    return password_command(command_row<C>(), handles, marshal_params<C>(params), passwords);
  }

  // Parameters and responses by their schemas: compiled once for each command, in
  // test_tpm_marshal.cc and test_tpm_parse.cc.
  template <class C>
  static Bytes marshal_params(const typename C::Params& params);
  template <class C>
  static Answer<C> parse(ByteView response);

  // Header, handles, the sessions with their size unless there are none, parameters.
  static Bytes assemble(wire::CommandCode code, const std::vector<wire::Handle>& handles,
                        ByteView sessions, ByteView params);

  ManualClock clock;
  FixedEntropy entropy;
  crypto::Random random;
  ManualCancellation cancellation;
  Ports ports;
  State state;
  uint8_t locality = 0;
  bool physical_presence = false;
  size_t maximum_size = kMaximumMessageSize;  // of the transport
  std::vector<Exchange>* record = nullptr;    // where execute() notes what passes

 private:
  static Bytes password_command(const CommandRow& row, const std::vector<wire::Handle>& handles,
                                ByteView params, std::vector<Bytes> passwords);
};

}  // namespace vtpm::engine::testing

namespace vtpm::engine {
// Prints a code as people look it up.
inline void PrintTo(const Rc& code, std::ostream* out) {
  *out << "0x" << std::hex << code.value() << std::dec;
}
}  // namespace vtpm::engine
