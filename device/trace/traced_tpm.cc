// SPDX-License-Identifier: Apache-2.0
#include "device/trace/traced_tpm.h"

#include "engine/masking.h"

namespace vtpm::device::trace {

Secret TracedTpm::execute(uint8_t locality, ByteView command, size_t maximum_size,
                          const engine::Cancellation& cancellation) {
  Message sent{Message::Direction::Command, locality, to_bytes(command)};
  if (secrets_ == Secrets::Masked) engine::mask_command(sent.bytes);
  file_.note(std::move(sent));
  Secret response = tpm_.execute(locality, command, maximum_size, cancellation);
  Message received{Message::Direction::Response, locality, to_bytes(response.view())};
  if (secrets_ == Secrets::Masked) engine::mask_response(command, received.bytes);
  file_.note(std::move(received));
  return response;
}

void TracedTpm::written(const RegisterWrite& write) {
  RegisterWrite noted = write;
  if (write.data && secrets_ == Secrets::Masked) noted.value = 0;
  file_.note(noted);
}

}  // namespace vtpm::device::trace
