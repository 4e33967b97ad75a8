// SPDX-License-Identifier: Apache-2.0
// The FIFO register machine (tis/) over the shared pages and the two buffers of the FIFO.
#pragma once

#include "device/vhost_user/register_interface.h"
#include "tis/tis.h"

namespace vtpm::device::vhost_user {

class TisInterface final : public RegisterInterface {
 public:
  TisInterface(SharedMemory& memory, InterfaceHost& host, const RegisterOptions& options);

  bool write(const vut_entry& entry) override;
  void response(ByteView response) override;
  void failed() override;
  void reset(bool established) override;

 private:
  tis::Step step_of(const vut_entry& entry) const;
  void apply(const tis::Step& step, ByteView response);
  void publish_fifo();
  void publish_all();
  void carry_out(const tis::Effect& effect);
  void submit(const tis::Submit& submit);
  MutableByteView command_bytes(size_t size) const;

  SharedMemory& memory_;
  InterfaceHost& host_;
  tis::Regs regs_;
};

}  // namespace vtpm::device::vhost_user
