// SPDX-License-Identifier: Apache-2.0
// The two TPMs that are compared: this project's engine, in the process, and Debian's swtpm, a
// process of its own that is known by its answers alone.
#pragma once

#include <memory>

#include <sys/types.h>

#include "tests/device/temporary_directory.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::differential {

// A TPM after TPM2_Startup(CLEAR).
using engine::testing::Peer;

inline constexpr size_t kHeaderSize = 10;  // of commands and responses

// What the caller looks up leaves the same traces as it does in the other. It has the weak keys
// that swtpm has.
class OurTpm final : public Peer {
 public:
  Bytes transact(ByteView command) override { return tpm_.transact(command); }

 private:
  engine::testing::TestTpm tpm_{true, 1, engine::kWholeProfile};
};

// Throws std::system_error or std::runtime_error when swtpm cannot be started or goes away.
class Swtpm final : public Peer {
 public:
  Swtpm();
  ~Swtpm() override;
  Bytes transact(ByteView command) override;

 private:
  void read(MutableByteView out);

  device::TemporaryDirectory state_;
  int socket_ = -1;
  pid_t process_ = -1;
};

}  // namespace vtpm::differential
