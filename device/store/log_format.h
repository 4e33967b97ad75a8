// SPDX-License-Identifier: Apache-2.0
// The bytes of a state file, without any input or output: a header, two acknowledgement slots and
// an append-only list of records. docs/state-format.md describes them and why they are so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/section.h"

namespace vtpm::device {

inline constexpr uint32_t kLogVersion = 1;
inline constexpr size_t kLogHeaderSize = 24;
inline constexpr size_t kLogSlotSize = 12;
inline constexpr size_t kLogRecordsStart = kLogHeaderSize + 2 * kLogSlotSize;
inline constexpr size_t kLogRecordOverhead = 20;
// Far above what a TPM holds; bounds what a damaged or hostile file can make a reader allocate.
inline constexpr size_t kLogMaxRecordBody = size_t{16} << 20;
inline constexpr size_t kLogMaxFile = size_t{64} << 20;

// One change as it lies in the file.
struct LogRecord {
  uint64_t sequence = 0;
  size_t offset = 0;  // of its header, from the file's start
  size_t size = 0;    // header, sections and checksum
};

// What a readable state file holds.
struct LogContents {
  uint32_t version = 0;
  uint64_t generation = 0;    // counts how often the file has been rewritten
  uint64_t acknowledged = 0;  // the last change whose response was released for certain
  std::vector<LogRecord> records;
  std::vector<Section> sections;  // the newest of each tag, in the order of first appearance
  size_t good_size = 0;           // the file up to the end of its last whole record
  size_t torn_size = 0;           // bytes behind it: an append that a crash cut short
};

// Why a state file cannot be used: a clause for a sentence that begins with the file's name.
struct LogError {
  std::string reason;
  size_t offset = 0;  // where in the file
};

// Reads a whole state file. An append cut short by a crash is accepted, and reported, only where
// nothing acknowledged can be lost by dropping it; all else that is not exact is an error.
Result<LogContents, LogError> parse_log(ByteView file);

// A whole new state file that holds `sections` as its first, acknowledged record.
Secret encode_log(uint64_t generation, const std::vector<Section>& sections);

// One record, as it is appended behind those before it.
Secret encode_log_record(uint64_t sequence, const std::vector<Section>& sections);

// The slot that acknowledges `sequence`, and where in the file it is written. Two slots alternate,
// so that a write of one that power loss tears leaves the other.
struct LogSlot {
  size_t offset = 0;
  uint8_t bytes[kLogSlotSize] = {};
};
LogSlot encode_log_slot(uint64_t sequence);

// Puts `newer` over `sections`, tag by tag.
void merge_sections(std::vector<Section>& sections, const std::vector<Section>& newer);

}  // namespace vtpm::device
