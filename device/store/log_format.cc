// SPDX-License-Identifier: Apache-2.0
#include "device/store/log_format.h"

#include <algorithm>
#include <optional>

#include "device/store/crc32c.h"

namespace vtpm::device {
namespace {

constexpr uint8_t kMagic[8] = {'V', 'T', 'P', 'M', 'L', 'O', 'G', '\n'};
constexpr size_t kRecordHeaderSize = 16;

std::optional<uint64_t> read_slot(ByteView file, size_t index) {
  auto slot = file.subspan(kLogHeaderSize + index * kLogSlotSize, kLogSlotSize);
  if (load_be<uint32_t>(slot.subspan(8)) != crc32c({slot.first(8)})) return std::nullopt;
  auto sequence = load_be<uint64_t>(slot);
  if (sequence % 2 != index) return std::nullopt;
  return sequence;
}

Result<LogContents, LogError> parse_preamble(ByteView file) {
  if (file.empty()) return LogError{"is empty", 0};
  auto magic = file.first(std::min(file.size(), sizeof kMagic));
  if (!std::equal(magic.begin(), magic.end(), kMagic))
    return LogError{"is not a state file of vhost-user-tpm", 0};
  if (file.size() < kLogRecordsStart) return LogError{"ends inside its header", file.size()};
  LogContents log;
  log.version = load_be<uint32_t>(file.subspan(8));
  log.generation = load_be<uint64_t>(file.subspan(12));
  // The checksum comes first: a flipped bit must not read as a file from the future.
  if (load_be<uint32_t>(file.subspan(20)) != crc32c({file.first(20)}))
    return LogError{"has a damaged header", 0};
  if (log.version != kLogVersion)
    return LogError{"has format version " + std::to_string(log.version) +
                        ", which this program does not know (it knows " +
                        std::to_string(kLogVersion) + ")",
                    8};
  auto first = read_slot(file, 0);
  auto second = read_slot(file, 1);
  if (!first && !second) return LogError{"has a damaged header", kLogHeaderSize};
  log.acknowledged = std::max(first.value_or(0), second.value_or(0));
  return log;
}

struct RecordView {
  LogRecord record;
  ByteView body;
};

// What a record's bytes can be. Incomplete: the file ends before the record does.
enum class RecordFault { None, Incomplete, BadHeader, BadBody };

RecordFault read_record(ByteView file, size_t offset, RecordView& out) {
  auto rest = file.subspan(offset);
  if (rest.size() < kRecordHeaderSize) return RecordFault::Incomplete;
  auto header = rest.first(kRecordHeaderSize);
  auto length = load_be<uint32_t>(header);
  if (load_be<uint32_t>(header.subspan(12)) != crc32c({header.first(12)}) ||
      length > kLogMaxRecordBody)
    return RecordFault::BadHeader;
  out.record = {.sequence = load_be<uint64_t>(header.subspan(4)),
                .offset = offset,
                .size = kLogRecordOverhead + length};
  if (rest.size() < out.record.size) return RecordFault::Incomplete;
  out.body = rest.subspan(kRecordHeaderSize, length);
  auto checksum = load_be<uint32_t>(rest.subspan(kRecordHeaderSize + length));
  return checksum == crc32c({header, out.body}) ? RecordFault::None : RecordFault::BadBody;
}

LogError damage(const std::string& what, const LogContents& log, size_t offset) {
  return {what + " (change " + std::to_string(log.records.size() + 1) + ", byte " +
              std::to_string(offset) + ")",
          offset};
}

}  // namespace

Result<LogContents, LogError> parse_log(ByteView file) {
  LogContents log = TRY(parse_preamble(file));
  size_t offset = kLogRecordsStart;
  while (offset < file.size()) {
    RecordView view;
    auto fault = read_record(file, offset, view);
    uint64_t expected = log.records.size() + 1;
    if (fault != RecordFault::None) {
      if (expected <= log.acknowledged)
        return damage(fault == RecordFault::Incomplete ? "is cut short" : "is damaged", log,
                      offset);
      // A record is appended only after the one before it is durable: bytes behind a broken body
      // say that this one was whole once.
      if (fault == RecordFault::BadBody && offset + view.record.size < file.size())
        return damage("is damaged", log, offset);
      log.torn_size = file.size() - offset;
      break;
    }
    if (view.record.sequence != expected) return damage("lacks a change", log, offset);
    auto sections = decode_sections(view.body);
    if (!sections) return damage("holds a change that cannot be read", log, offset);
    merge_sections(log.sections, *sections);
    log.records.push_back(view.record);
    offset += view.record.size;
  }
  if (log.records.size() < log.acknowledged) return damage("is cut short", log, offset);
  if (log.records.empty()) return damage("is cut short", log, offset);
  log.good_size = offset;
  return log;
}

Secret encode_log(uint64_t generation, const std::vector<Section>& sections) {
  auto record = encode_log_record(1, sections);
  Secret file(kLogRecordsStart + record.size());
  auto out = file.bytes();
  std::copy(std::begin(kMagic), std::end(kMagic), out.begin());
  store_be<uint32_t>(out.subspan(8), kLogVersion);
  store_be<uint64_t>(out.subspan(12), generation);
  store_be<uint32_t>(out.subspan(20), crc32c({file.view().first(20)}));
  for (uint64_t sequence : {uint64_t{0}, uint64_t{1}}) {
    auto slot = encode_log_slot(sequence);
    std::copy(std::begin(slot.bytes), std::end(slot.bytes), out.subspan(slot.offset).begin());
  }
  auto view = record.view();
  std::copy(view.begin(), view.end(), out.subspan(kLogRecordsStart).begin());
  return file;
}

Secret encode_log_record(uint64_t sequence, const std::vector<Section>& sections) {
  auto body = encode_sections(sections);
  Secret record(kLogRecordOverhead + body.size());
  auto out = record.bytes();
  store_be<uint32_t>(out, static_cast<uint32_t>(body.size()));
  store_be<uint64_t>(out.subspan(4), sequence);
  store_be<uint32_t>(out.subspan(12), crc32c({record.view().first(12)}));
  auto view = body.view();
  std::copy(view.begin(), view.end(), out.subspan(kRecordHeaderSize).begin());
  auto end = kRecordHeaderSize + body.size();
  store_be<uint32_t>(out.subspan(end), crc32c({record.view().first(end)}));
  return record;
}

LogSlot encode_log_slot(uint64_t sequence) {
  LogSlot slot;
  slot.offset = kLogHeaderSize + static_cast<size_t>(sequence % 2) * kLogSlotSize;
  store_be<uint64_t>(slot.bytes, sequence);
  store_be<uint32_t>(MutableByteView(slot.bytes).subspan(8),
                     crc32c({ByteView(slot.bytes).first(8)}));
  return slot;
}

void merge_sections(std::vector<Section>& sections, const std::vector<Section>& newer) {
  for (const auto& section : newer) {
    auto old = std::find_if(sections.begin(), sections.end(),
                            [&](const Section& s) { return s.tag == section.tag; });
    if (old == sections.end())
      sections.push_back(section);
    else
      *old = section;
  }
}

}  // namespace vtpm::device
