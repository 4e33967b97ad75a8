// SPDX-License-Identifier: Apache-2.0
// The meaning of each control request, without any socket.
#pragma once

#include "base/secret.h"
#include "device/swtpm/control_codec.h"
#include "device/swtpm/gate.h"

namespace vtpm::device::swtpm {

class ControlHandler {
 public:
  explicit ControlHandler(Gate& gate) : gate_(gate) {}

  // True when the request waits for the TPM, so that handle() belongs on the TPM's thread, where
  // the requests of all connections take their turns. The others are handled at once, anywhere.
  static bool waits_for_tpm(ControlCode code);

  // The reply. Shutdown and SetDataFd are answered here; to carry them out is the connection's.
  Secret handle(const ControlRequest& request, bool has_data_fd);

 private:
  Secret immediate(const ControlRequest& request, bool has_data_fd);
  Secret while_running(const ControlRequest& request);

  Gate& gate_;
};

}  // namespace vtpm::device::swtpm
