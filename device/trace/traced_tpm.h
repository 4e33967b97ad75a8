// SPDX-License-Identifier: Apache-2.0
// The TPM with every command, and every register that a guest writes, noted in a trace.
#pragma once

#include "device/register_watch.h"
#include "device/tpm_service.h"
#include "device/trace/trace_file.h"

namespace vtpm::device::trace {

enum class Secrets : uint8_t { Masked, Shown };

class TracedTpm final : public TpmService, private RegisterWatch {
 public:
  // Both must outlive this.
  TracedTpm(TpmService& tpm, TraceFile& file, Secrets secrets)
      : tpm_(tpm), file_(file), secrets_(secrets) {}

  Secret execute(uint8_t locality, ByteView command, size_t maximum_size,
                 const engine::Cancellation& cancellation) override;
  bool may_take_long(ByteView command) const override { return tpm_.may_take_long(command); }
  void power_on() override { tpm_.power_on(); }
  void hash_start() override { tpm_.hash_start(); }
  void hash_data(ByteView data) override { tpm_.hash_data(data); }
  void hash_end() override { tpm_.hash_end(); }
  bool established() override { return tpm_.established(); }
  bool reset_established(uint8_t locality) override { return tpm_.reset_established(locality); }
  RegisterWatch* register_watch() override { return this; }

 private:
  void written(const RegisterWrite& write) override;

  TpmService& tpm_;
  TraceFile& file_;
  const Secrets secrets_;
};

}  // namespace vtpm::device::trace
