// SPDX-License-Identifier: Apache-2.0
// What travels on swtpm's control channel: requests and replies, all numbers big-endian. A request
// begins with a u32 code and carries no length.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/secret.h"

namespace vtpm::device::swtpm {

enum class ControlCode : uint32_t {
  GetCapability = 0x01,
  Init = 0x02,
  Shutdown = 0x03,
  GetTpmEstablished = 0x04,
  SetLocality = 0x05,
  HashStart = 0x06,
  HashData = 0x07,
  HashEnd = 0x08,
  CancelTpmCommand = 0x09,
  StoreVolatile = 0x0a,
  ResetTpmEstablished = 0x0b,
  GetStateBlob = 0x0c,
  SetStateBlob = 0x0d,
  Stop = 0x0e,
  GetConfig = 0x0f,
  SetDataFd = 0x10,
  SetBufferSize = 0x11,
  GetInfo = 0x12,
  LockStorage = 0x13,
};

// The bits of GET_CAPABILITY's answer.
namespace capability {
inline constexpr uint64_t kInit = 1u << 0;
inline constexpr uint64_t kShutdown = 1u << 1;
inline constexpr uint64_t kGetTpmEstablished = 1u << 2;
inline constexpr uint64_t kSetLocality = 1u << 3;
inline constexpr uint64_t kHashing = 1u << 4;
inline constexpr uint64_t kCancelTpmCommand = 1u << 5;
inline constexpr uint64_t kResetTpmEstablished = 1u << 7;
inline constexpr uint64_t kStop = 1u << 10;
inline constexpr uint64_t kGetConfig = 1u << 11;
inline constexpr uint64_t kSetDataFd = 1u << 12;
inline constexpr uint64_t kSetBufferSize = 1u << 13;
inline constexpr uint64_t kSendCommandHeader = 1u << 15;
}  // namespace capability

// Results that the control channel knows: TPM 1.2's codes.
enum class ControlResult : uint32_t {
  Success = 0,
  BadParameter = 3,
  Fail = 9,
  BadOrdinal = 0x0a,  // unknown, not implemented, or not while the TPM runs or is stopped
  BadLocality = 0x3d,
};

// One request with the fields that its code has; the others stay zero.
struct ControlRequest {
  ControlCode code{};
  uint32_t flags = 0;        // Init
  uint8_t locality = 0;      // SetLocality, ResetTpmEstablished
  uint32_t buffer_size = 0;  // SetBufferSize; zero asks for the present one
  ByteView data;             // HashData: valid until the reader is used again
};

// Cuts the byte stream of one connection into requests.
class ControlReader {
 public:
  // Bytes to read next, at most; never zero after next() returned nothing.
  MutableByteView space();
  void filled(size_t count);

  // The next whole request; nothing when more bytes are needed or when the stream is lost.
  std::optional<ControlRequest> next();
  // An unknown code or an impossible length: what follows cannot be found any more.
  bool lost() const { return lost_; }

 private:
  // The size of the request that `bytes` begin with, as far as known; nothing when it is lost.
  std::optional<size_t> needed(ByteView bytes) const;
  void skip_padding();

  Secret buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t wanted_ = 0;
  bool after_locality_ = false;
  bool lost_ = false;
};

Secret encode_result(ControlResult result);
Secret encode_capability(uint64_t bits);
Secret encode_established(bool established);
Secret encode_config(uint32_t flags);
Secret encode_buffer_size(uint32_t current, uint32_t minimum, uint32_t maximum);

}  // namespace vtpm::device::swtpm
