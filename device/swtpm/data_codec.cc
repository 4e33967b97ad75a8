// SPDX-License-Identifier: Apache-2.0
#include "device/swtpm/data_codec.h"

#include <algorithm>

#include "device/swtpm/limits.h"

namespace vtpm::device::swtpm {
namespace {

constexpr size_t kTpmHeaderSize = 10;
constexpr size_t kFrameHeaderSize = 9;  // u32 request, u8 locality, u32 length
constexpr uint32_t kSendCommand = 8;
constexpr uint32_t kSessionEnd = 20;
constexpr uint16_t kNoSessions = 0x8001;  // TPM_ST_NO_SESSIONS

bool impossible(uint32_t size) {
  return size < kTpmHeaderSize || size > kMaxBufferSize;
}

}  // namespace

DataReader::DataReader() : buffer_(kFrameHeaderSize + kMaxBufferSize) {}

MutableByteView DataReader::space() {
  return buffer_.bytes().subspan(end_);
}

void DataReader::done() {
  auto bytes = buffer_.bytes();
  std::copy(bytes.begin() + static_cast<ptrdiff_t>(begin_),
            bytes.begin() + static_cast<ptrdiff_t>(end_), bytes.begin());
  wipe(bytes.subspan(end_ - begin_, begin_));
  end_ -= begin_;
  begin_ = 0;
}

void DataReader::filled(size_t count) {
  end_ += std::min(count, buffer_.size() - end_);
}

std::optional<DataRequest> DataReader::next() {
  auto bytes = unread();
  if (finished_ || bytes.empty()) return std::nullopt;
  // A TPM command begins with a tag that is not zero, TPM 1.2's included: 0x00c1 and so on; the
  // simulator's requests are small u32 numbers.
  if (bytes.size() < 2) return std::nullopt;
  auto request = load_be<uint16_t>(bytes) == 0 ? framed(bytes) : bare(bytes);
  if (request && request->kind != DataRequest::Kind::Command) finished_ = true;
  return request;
}

std::optional<DataRequest> DataReader::bare(ByteView bytes) {
  if (bytes.size() < 6) return std::nullopt;
  auto size = load_be<uint32_t>(bytes.subspan(2));
  if (impossible(size)) return DataRequest{.kind = DataRequest::Kind::Oversize};
  if (bytes.size() < size) return std::nullopt;
  begin_ += size;
  return DataRequest{.command = bytes.first(size)};
}

std::optional<DataRequest> DataReader::framed(ByteView bytes) {
  if (bytes.size() < 4) return std::nullopt;
  auto code = load_be<uint32_t>(bytes);
  if (code == kSessionEnd) return DataRequest{.kind = DataRequest::Kind::EndOfSession};
  if (code != kSendCommand) return DataRequest{.kind = DataRequest::Kind::Unknown};
  if (bytes.size() < kFrameHeaderSize) return std::nullopt;
  auto size = load_be<uint32_t>(bytes.subspan(5));
  if (impossible(size)) return DataRequest{.kind = DataRequest::Kind::Oversize, .framed = true};
  if (bytes.size() < kFrameHeaderSize + size) return std::nullopt;
  begin_ += kFrameHeaderSize + size;
  return DataRequest{
      .framed = true, .locality = bytes[4], .command = bytes.subspan(kFrameHeaderSize, size)};
}

Secret error_response(uint32_t response_code) {
  Secret response(kTpmHeaderSize);
  store_be<uint16_t>(response.bytes(), kNoSessions);
  store_be<uint32_t>(response.bytes().subspan(2), kTpmHeaderSize);
  store_be<uint32_t>(response.bytes().subspan(6), response_code);
  return response;
}

}  // namespace vtpm::device::swtpm
