// SPDX-License-Identifier: Apache-2.0
// The life of a TPM: commands chosen by a seed, losses of power, shutdowns and starts of every
// kind, and what its users expect of it, kept beside it in a few small models.
#pragma once

#include <memory>
#include <random>
#include <set>

#include "tests/engine/capabilities.h"
#include "tests/engine/life/stored_tpm.h"
#include "tests/engine/nv_indices.h"
#include "tests/engine/objects.h"

namespace vtpm::engine::testing {

class Life;

// What the users of one part of the TPM expect of it.
class Expectation {
 public:
  explicit Expectation(Life& of) : life(of) {}
  virtual ~Expectation() = default;

  // Some legal commands, and some that must be refused.
  virtual void act() = 0;
  // Compares what the TPM shows with what it must be.
  virtual void check() = 0;
  // Power goes after these two; TPM2_Shutdown may come between them.
  virtual void before_shutdown() {}
  virtual void before_power_loss() {}
  // After TPM2_Startup.
  virtual void restarted(Restarting kind) = 0;
  // After TPM2_Clear.
  virtual void cleared() {}
  // After a D-RTM sequence of this data.
  virtual void measured(ByteView) {}

 protected:
  Life& life;
};

class Life {
 public:
  explicit Life(uint64_t seed);

  void step();

  size_t pick(size_t below) { return static_cast<size_t>(random_() % below); }
  bool one_in(size_t n) { return pick(n) == 0; }
  Bytes some_bytes(size_t size) {
    Bytes bytes(size);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(pick(256));
    return bytes;
  }
  Made make(const wire::Public& pub, const Bytes& auth = {}, const Bytes& data = {},
            wire::Handle hierarchy = wire::rh::Owner);
  void flush(wire::Handle handle);
  // A persistent primary object of the owner, made anew when it is not there.
  Made keep(wire::Handle persistent, const wire::Public& pub, const Bytes& auth = {},
            const Bytes& data = {});
  // The plug is pulled at once, and the TPM starts again.
  void crash() { start(Restarting::DisorderlyReset, false); }

  TestTpm tpm;
  // Handles that must be there, of all parts.
  std::set<wire::Handle> transient, persistent, indices, loaded_sessions, saved_sessions;
  // How the TPM was last started.
  uint8_t startup_locality = 0;
  std::optional<Bytes> hcrtm;
  uint64_t powered_at = 0;  // the port's time at the last _TPM_Init
  Bytes platform_auth;

 private:
  void start(Restarting kind, bool announced = true);
  void shut_down(Restarting kind);
  void lose_power();
  void hardware_measurement(ByteView data);
  void void_shutdown();
  void clear();
  void check();
  // The other TPM does what this one has done.
  void follow();

  std::mt19937_64 random_;
  std::vector<Exchange> passed_;
  StoredTpm stored_;
  bool started_ = false;
  std::vector<std::unique_ptr<Expectation>> expectations_;
};

std::unique_ptr<Expectation> expect_clock(Life& life);
std::unique_ptr<Expectation> expect_lockout(Life& life);
std::unique_ptr<Expectation> expect_indices(Life& life);
std::unique_ptr<Expectation> expect_measurements(Life& life);
std::unique_ptr<Expectation> expect_handles(Life& life);
std::unique_ptr<Expectation> expect_hierarchies(Life& life);

}  // namespace vtpm::engine::testing
