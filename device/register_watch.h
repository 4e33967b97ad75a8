// SPDX-License-Identifier: Apache-2.0
// Who wants to know of the registers that guests write.
#pragma once

#include <cstdint>

namespace vtpm::device {

struct RegisterWrite {
  uint8_t locality = 0;
  uint16_t offset = 0;  // in the locality's page
  uint8_t size = 0;     // octets, 1 to 8
  uint64_t value = 0;
  bool data = false;  // (in part) octets of a command, and no register
  bool fifo = false;  // of the FIFO interface (TIS), otherwise of the CRB

  bool operator==(const RegisterWrite&) const = default;
};

// Called from the threads that serve registers.
class RegisterWatch {
 public:
  virtual ~RegisterWatch() = default;

  virtual void written(const RegisterWrite& write) = 0;
};

}  // namespace vtpm::device
