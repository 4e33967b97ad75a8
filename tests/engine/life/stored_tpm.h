// SPDX-License-Identifier: Apache-2.0
// A TPM as a device runs it: only the sections of commands whose outcome was marked durable outlive
// its power, and between two commands it may be carried elsewhere.
#pragma once

#include <map>

#include "tests/engine/test_tpm.h"

namespace vtpm::engine::testing {

class StoredTpm {
 public:
  // Draws the same numbers as a TestTpm with this seed.
  explicit StoredTpm(uint64_t seed);

  // The same command again: the response must be the same, to the byte.
  void replay(const Exchange& exchange);
  // Power is lost, and comes back when the port's time is `milliseconds`.
  void cycle_power(uint64_t milliseconds);
  // All that it holds goes through its saved form, and it runs on by another clock.
  void move(uint64_t elsewhere);
  // _TPM_Hash_Start, _TPM_Hash_Data, _TPM_Hash_End.
  void measure(ByteView data);

  const State& state() const { return state_; }

 private:
  void adopt(State next, bool durable);
  std::vector<Section> stored() const;
  // The port's time, as that of the other TPM has it, is this far ahead.
  void set_time(uint64_t milliseconds) { clock_.now = milliseconds + ahead_; }

  ManualClock clock_;
  uint64_t ahead_ = 0;
  FixedEntropy entropy_;
  crypto::Random random_;
  ManualCancellation cancellation_;
  Ports ports_;
  State state_, stored_state_;
  std::map<uint32_t, Section> sections_;
};

}  // namespace vtpm::engine::testing
