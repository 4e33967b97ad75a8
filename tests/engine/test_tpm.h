// SPDX-License-Identifier: Apache-2.0
// A TPM with a simulated clock and fixed entropy, and a client whose marshalling is derived from
// the commands' schemas.
#pragma once

#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "engine/crypto/random.h"
#include "engine/engine.h"
#include "engine/pipeline/command.h"

namespace vtpm::engine::testing {

class ManualClock final : public Clock {
 public:
  uint64_t milliseconds() override { return now; }
  uint64_t now = 1000;
};

// A reproducible byte stream (a 64-bit linear congruential generator).
class FixedEntropy final : public Entropy {
 public:
  explicit FixedEntropy(uint64_t seed) : state_(seed) {}
  void fill(MutableByteView out) override {
    for (uint8_t& byte : out) {
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      byte = static_cast<uint8_t>(state_ >> 56);
    }
  }

 private:
  uint64_t state_;
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

class TestTpm {
 public:
  // A freshly manufactured TPM after _TPM_Init; with `start`, after TPM2_Startup(CLEAR) too.
  explicit TestTpm(bool start = true, uint64_t seed = 1);

  // The response to the bytes of a command; adopts the new state as a device would.
  Secret execute(ByteView command, uint8_t locality = 0);
  void power_cycle() { state = power_on(state, ports); }

  // Runs C with an empty password for each handle that needs authorization, or with `passwords`.
  template <class C>
  Answer<C> run(std::vector<wire::Handle> handles, const typename C::Params& params,
                std::vector<Bytes> passwords = {}) {
    return parse<C>(execute(password_command<C>(handles, params, passwords), locality).view());
  }

  // The bytes of such a command.
  template <class C>
  static Bytes password_command(const std::vector<wire::Handle>& handles,
                                const typename C::Params& params,
                                std::vector<Bytes> passwords = {}) {
    const CommandRow& row = command_row<C>();
    passwords.resize(std::max<size_t>(row.auth_count, passwords.size()));
    Bytes sessions;
    Writer out(sessions);
    for (const Bytes& password : passwords) {
      out.put_be(wire::rh::Password);
      out.put_be(uint16_t{0});
      out.put_be(uint8_t{1});
      wire::marshal(out, wire::Auth(ByteView(password)));
    }
    return assemble(row.code, handles, sessions, marshal_params<C>(params));
  }

  template <class C>
  static Bytes marshal_params(const typename C::Params& params) {
    Bytes bytes;
    Writer out(bytes);
    wire::visit_fields(params, [&](const auto& field) {
      wire::marshal(out, field);
      return true;
    });
    return bytes;
  }

  // Header, handles, the sessions with their size unless there are none, parameters.
  static Bytes assemble(wire::CommandCode code, const std::vector<wire::Handle>& handles,
                        ByteView sessions, ByteView params);

  template <class C>
  static Answer<C> parse(ByteView response) {
    Reader in(response);
    auto tag = in.take_be<uint16_t>();
    auto size = in.take_be<uint32_t>();
    auto code = in.take_be<uint32_t>();
    EXPECT_TRUE(tag && size && code && *size == response.size());
    Answer<C> answer{.code = Rc(code.value_or(0xFFFFFFFF))};
    if (answer.code != rc::Success) {
      EXPECT_EQ(response.size(), 10u);
      return answer;
    }
    unmarshal_reply(in, answer.reply, *tag == 0x8002);
    return answer;
  }

  ManualClock clock;
  FixedEntropy entropy;
  crypto::Random random;
  // Of the caller: what it draws leaves the TPM's own numbers as they are.
  FixedEntropy caller_entropy{0};
  crypto::Random caller_random{caller_entropy};
  ManualCancellation cancellation;
  Ports ports;
  State state;
  uint8_t locality = 0;
  bool physical_presence = false;
  std::vector<Exchange>* record = nullptr;  // where execute() notes what passes

 private:
  template <class Reply>
  static void unmarshal_reply(Reader& in, Reply& reply, bool sessions) {
    bool size_taken = false;
    auto take_size = [&] {
      if (sessions && !size_taken) in.take_be<uint32_t>();
      size_taken = true;
    };
    wire::visit_fields(reply, [&](auto& field) {
      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(field)>, ReplyHandle>) {
        field.value = in.take_be<uint32_t>().value_or(0);
      } else {
        take_size();
        EXPECT_TRUE(wire::unmarshal(in, field));
      }
      return true;
    });
    if (!sessions) {
      EXPECT_EQ(in.remaining(), 0u);
    }
  }
};

}  // namespace vtpm::engine::testing

namespace vtpm::engine {
// Prints a code as people look it up.
inline void PrintTo(const Rc& code, std::ostream* out) {
  *out << "0x" << std::hex << code.value() << std::dec;
}
}  // namespace vtpm::engine
