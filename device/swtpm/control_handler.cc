// SPDX-License-Identifier: Apache-2.0
#include "device/swtpm/control_handler.h"

namespace vtpm::device::swtpm {
namespace {

// Exactly what is implemented.
constexpr uint64_t kCapabilities =
    capability::kInit | capability::kShutdown | capability::kGetTpmEstablished |
    capability::kSetLocality | capability::kHashing | capability::kCancelTpmCommand |
    capability::kResetTpmEstablished | capability::kStop | capability::kGetConfig |
    capability::kSetDataFd | capability::kSetBufferSize | capability::kSendCommandHeader;

Secret result(ControlResult code) {
  return encode_result(code);
}

}  // namespace

bool ControlHandler::waits_for_tpm(ControlCode code) {
  switch (code) {
    case ControlCode::Init:
    case ControlCode::Stop:
    case ControlCode::GetTpmEstablished:
    case ControlCode::ResetTpmEstablished:
    case ControlCode::HashStart:
    case ControlCode::HashData:
    case ControlCode::HashEnd:
      return true;
    default:
      return false;
  }
}

Secret ControlHandler::handle(const ControlRequest& request, bool has_data_fd) {
  if (!waits_for_tpm(request.code)) return immediate(request, has_data_fd);
  switch (request.code) {
    case ControlCode::Init:
      gate_.init();
      return result(ControlResult::Success);
    case ControlCode::Stop:
      gate_.stop();
      return result(ControlResult::Success);
    default:
      return gate_.running() ? while_running(request) : result(ControlResult::BadOrdinal);
  }
}

Secret ControlHandler::immediate(const ControlRequest& request, bool has_data_fd) {
  switch (request.code) {
    case ControlCode::GetCapability:
      return encode_capability(kCapabilities);
    case ControlCode::Shutdown:
      return result(ControlResult::Success);
    case ControlCode::SetLocality:
      if (request.locality > kMaxLocality) return result(ControlResult::BadLocality);
      gate_.set_locality(request.locality);
      return result(ControlResult::Success);
    case ControlCode::CancelTpmCommand:
      if (!gate_.running()) return result(ControlResult::BadOrdinal);
      gate_.cancel();
      return result(ControlResult::Success);
    case ControlCode::GetConfig:
      return encode_config(0);  // neither a file key nor a migration key
    case ControlCode::SetDataFd:
      return result(has_data_fd ? ControlResult::Success : ControlResult::BadParameter);
    case ControlCode::SetBufferSize:
      if (request.buffer_size != 0) {
        if (gate_.running()) return result(ControlResult::BadOrdinal);
        gate_.set_buffer_size(request.buffer_size);
      }
      return encode_buffer_size(gate_.buffer_size(), kMinBufferSize, kMaxBufferSize);
    default:
      return result(ControlResult::BadOrdinal);
  }
}

Secret ControlHandler::while_running(const ControlRequest& request) {
  auto& tpm = gate_.tpm();
  switch (request.code) {
    case ControlCode::GetTpmEstablished:
      return encode_established(tpm.established());
    case ControlCode::ResetTpmEstablished:
      return result(tpm.reset_established(request.locality) ? ControlResult::Success
                                                            : ControlResult::BadLocality);
    case ControlCode::HashStart:
      tpm.hash_start();
      return result(ControlResult::Success);
    case ControlCode::HashData:
      tpm.hash_data(request.data);
      return result(ControlResult::Success);
    case ControlCode::HashEnd:
      tpm.hash_end();
      return result(ControlResult::Success);
    default:
      return result(ControlResult::BadOrdinal);
  }
}

}  // namespace vtpm::device::swtpm
