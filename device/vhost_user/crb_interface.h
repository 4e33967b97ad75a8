// SPDX-License-Identifier: Apache-2.0
// The CRB register machine (crb/) over the shared pages.
#pragma once

#include "crb/crb.h"
#include "device/vhost_user/register_interface.h"

namespace vtpm::device::vhost_user {

class CrbInterface final : public RegisterInterface {
 public:
  CrbInterface(SharedMemory& memory, InterfaceHost& host, const RegisterOptions& options);

  bool write(const vut_entry& entry) override;
  void response(ByteView response) override;
  void failed() override;
  void reset(bool established) override;

 private:
  // Which START bit a posted write has set ahead of the machine; kNoLocality for none.
  void apply(const crb::Step& step, uint8_t started, ByteView response);
  void store_bytes(const crb::Step& step, ByteView response);
  void publish(const PageWord& word, uint8_t started, const crb::Regs& before);
  void carry_out(const crb::Effect& effect);
  void submit(const crb::Submit& submit);
  void publish_all();

  SharedMemory& memory_;
  InterfaceHost& host_;
  crb::Regs regs_;
};

}  // namespace vtpm::device::vhost_user
