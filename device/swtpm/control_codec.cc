// SPDX-License-Identifier: Apache-2.0
#include "device/swtpm/control_codec.h"

#include <algorithm>

#include "device/swtpm/limits.h"

namespace vtpm::device::swtpm {
namespace {

constexpr size_t kCodeSize = 4;
constexpr size_t kReadAhead = 4096;
// QEMU sends a locality as the four bytes of the C union of request and result, tpm2-tss as one.
constexpr size_t kLocalityPadding = 3;

Secret numbers(std::initializer_list<uint32_t> words) {
  Secret reply(words.size() * 4);
  size_t at = 0;
  for (auto word : words) {
    store_be<uint32_t>(reply.bytes().subspan(at), word);
    at += 4;
  }
  return reply;
}

constexpr uint32_t kSuccess = static_cast<uint32_t>(ControlResult::Success);

}  // namespace

MutableByteView ControlReader::space() {
  size_t have = end_ - begin_;
  // Memory follows what has come, not what was announced.
  size_t size = std::max({kReadAhead, std::min(wanted_, 2 * have), have + 1});
  if (buffer_.size() < size) {
    Secret larger(size);
    auto unread = buffer_.view().subspan(begin_, have);
    std::copy(unread.begin(), unread.end(), larger.bytes().begin());
    buffer_ = std::move(larger);
  } else if (begin_ > 0) {
    auto bytes = buffer_.bytes();
    std::copy(bytes.begin() + static_cast<ptrdiff_t>(begin_),
              bytes.begin() + static_cast<ptrdiff_t>(end_), bytes.begin());
  }
  begin_ = 0;
  end_ = have;
  return buffer_.bytes().subspan(end_);
}

void ControlReader::filled(size_t count) {
  end_ += std::min(count, buffer_.size() - end_);
}

std::optional<size_t> ControlReader::needed(ByteView bytes) const {
  auto word = [&](size_t at) { return load_be<uint32_t>(bytes.subspan(at)); };
  switch (ControlCode{word(0)}) {
    case ControlCode::GetCapability:
    case ControlCode::Shutdown:
    case ControlCode::GetTpmEstablished:
    case ControlCode::HashStart:
    case ControlCode::HashEnd:
    case ControlCode::CancelTpmCommand:
    case ControlCode::StoreVolatile:
    case ControlCode::Stop:
    case ControlCode::GetConfig:
    case ControlCode::SetDataFd:
      return kCodeSize;
    case ControlCode::SetLocality:
    case ControlCode::ResetTpmEstablished:
      return kCodeSize + 1;
    case ControlCode::Init:
    case ControlCode::SetBufferSize:
    case ControlCode::LockStorage:
      return kCodeSize + 4;
    case ControlCode::GetStateBlob:
      return kCodeSize + 12;
    case ControlCode::GetInfo:
      return kCodeSize + 16;
    case ControlCode::HashData:
      if (bytes.size() < kCodeSize + 4) return kCodeSize + 4;
      if (word(4) > kMaxHashData) return std::nullopt;
      return kCodeSize + 4 + word(4);
    case ControlCode::SetStateBlob:
      if (bytes.size() < kCodeSize + 12) return kCodeSize + 12;
      if (word(12) > kMaxStateBlob) return std::nullopt;
      return kCodeSize + 12 + word(12);
  }
  return std::nullopt;
}

// The three bytes behind a locality are padding unless they begin a code: that is three zeros and
// a fourth byte that is none. Zeros alone stay until the fourth byte has come.
void ControlReader::skip_padding() {
  auto rest = buffer_.view().subspan(begin_, end_ - begin_);
  if (!after_locality_ || rest.size() < kLocalityPadding) return;
  bool zeros = rest[0] == 0 && rest[1] == 0 && rest[2] == 0;
  if (zeros && rest.size() == kLocalityPadding) return;
  if (!zeros || rest[3] == 0) begin_ += kLocalityPadding;
  after_locality_ = false;
}

std::optional<ControlRequest> ControlReader::next() {
  skip_padding();
  auto bytes = buffer_.view().subspan(begin_, end_ - begin_);
  if (lost_ || bytes.size() < kCodeSize) return std::nullopt;
  auto size = needed(bytes);
  if (!size) {
    lost_ = true;
    return std::nullopt;
  }
  wanted_ = *size;
  if (bytes.size() < *size) return std::nullopt;
  wanted_ = 0;
  begin_ += *size;
  auto word = [&](size_t at) { return load_be<uint32_t>(bytes.subspan(at)); };
  ControlRequest request{.code = ControlCode{word(0)}};
  switch (request.code) {
    case ControlCode::Init:
      request.flags = word(4);
      break;
    case ControlCode::SetLocality:
    case ControlCode::ResetTpmEstablished:
      request.locality = bytes[4];
      after_locality_ = true;
      break;
    case ControlCode::HashData:
      request.data = bytes.subspan(8, *size - 8);
      break;
    case ControlCode::SetBufferSize:
      request.buffer_size = word(4);
      break;
    default:
      break;
  }
  return request;
}

Secret encode_result(ControlResult result) {
  return numbers({static_cast<uint32_t>(result)});
}

Secret encode_capability(uint64_t bits) {
  return numbers({static_cast<uint32_t>(bits >> 32), static_cast<uint32_t>(bits)});
}

// The C structure's three bytes of padding are part of the answer that clients wait for.
Secret encode_established(bool established) {
  return numbers({kSuccess, established ? 0x01000000u : 0u});
}

Secret encode_config(uint32_t flags) {
  return numbers({kSuccess, flags});
}

Secret encode_buffer_size(uint32_t current, uint32_t minimum, uint32_t maximum) {
  return numbers({kSuccess, current, minimum, maximum});
}

}  // namespace vtpm::device::swtpm
