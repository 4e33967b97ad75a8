// SPDX-License-Identifier: Apache-2.0
// One of the TPM's register interfaces (CRB, TIS) as the ring thread drives it: posted writes and
// finished commands in, shared pages and requests to the host out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/register_machine.h"
#include "device/vhost_user/shared_memory.h"

namespace vtpm::device::vhost_user {

// What an interface asks of the thread that drives it. A call may come from within any of the
// interface's own functions; the host must not call the interface from it.
class InterfaceHost {
 public:
  virtual ~InterfaceHost() = default;

  // Run this command; the host has copied it when the call returns, and answers later with exactly
  // one call of response() or failed(). Never called twice without an answer between.
  virtual void submit(uint8_t locality, ByteView command) = 0;
  // The submitted command is to end early.
  virtual void cancel() = 0;

  virtual void hash_start() = 0;
  virtual void hash_data(ByteView data) = 0;
  // Both return whether a D-RTM sequence counts as established from now on.
  virtual bool hash_end() = 0;
  virtual bool reset_established(uint8_t locality) = 0;
};

class RegisterInterface {
 public:
  virtual ~RegisterInterface() = default;

  // What the front-end posted; `entry` is well-formed. False: of a kind that this interface does
  // not have.
  virtual bool write(const vut_entry& entry) = 0;
  // The submitted command ended with this response.
  virtual void response(ByteView response) = 0;
  // The submitted command has no response.
  virtual void failed() = 0;
  // The machine was powered on or reset; publishes every register.
  virtual void reset(bool established) = 0;
};

// Bit n is set for each VUT_INTERFACE_* n that make_interface() can make.
uint32_t offered_interfaces();

// The interface of that VUT_INTERFACE_* in its state after power-on, with its registers published
// to `memory`. `id` must be an offered one.
std::unique_ptr<RegisterInterface> make_interface(uint32_t id, SharedMemory& memory,
                                                  InterfaceHost& host,
                                                  const RegisterOptions& options);

// The effects that all interfaces have. Those after which the machine must hear whether a D-RTM
// sequence counts as established return that.
std::optional<bool> carry_out_common(const Cancel& effect, SharedMemory& memory,
                                     InterfaceHost& host);
std::optional<bool> carry_out_common(const Irq& effect, SharedMemory& memory, InterfaceHost& host);
std::optional<bool> carry_out_common(const HashStart& effect, SharedMemory& memory,
                                     InterfaceHost& host);
std::optional<bool> carry_out_common(const HashData& effect, SharedMemory& memory,
                                     InterfaceHost& host);
std::optional<bool> carry_out_common(const HashEnd& effect, SharedMemory& memory,
                                     InterfaceHost& host);
std::optional<bool> carry_out_common(const ResetEstablished& effect, SharedMemory& memory,
                                     InterfaceHost& host);

}  // namespace vtpm::device::vhost_user
