// SPDX-License-Identifier: Apache-2.0
// How the fuzz targets of the register machines (crb/, tis/) read their input: a byte of options,
// then records of 8 bytes. Byte 0 chooses the event, byte 1 the size; then a u16 of the page offset
// with the locality in its top 4 bits, and a u32 that is the value, twice.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "base/register_machine.h"

namespace vtpm {

struct Record {
  uint8_t choice;
  uint8_t width;
  uint16_t place;
  uint32_t half;
};

inline void abort_if_broken(const std::string& broken) {
  if (broken.empty()) return;
  fprintf(stderr, "%s\n", broken.c_str());
  abort();
}

template <class Machine>
void run_record(Machine& machine, const Record& record) {
  const uint32_t half = record.half;
  const uint64_t value = uint64_t{half} << 32 | half;
  switch (record.choice) {
    case 0:
      return machine.event(ResponseReady{half}, true);
    case 1:
      return machine.event(ResponseReady{half % 4096}, true);
    case 2:
      return machine.event(CommandFailed{}, true);
    case 3:
      return machine.event(Established{(half & 1) != 0}, false);
    case 4:
      return machine.event(Reset{(half & 1) != 0}, false);
    case 5:  // any address at all
      return machine.access(Access::write(half, record.width, value));
    case 6:
      return machine.other(record);
    default:  // the registers and their seams
      return machine.access(
          Access::write(((record.place >> 12) % 6) * kPageSize + (record.place & 0xFFF) % 0x90,
                        record.choice % 2 ? uint8_t{4} : record.width, value));
  }
}

// A machine has event(event, whether it is an answer), access(access), and other(record) for what
// only its kind has.
template <class Machine>
void run_machine(ByteView input) {
  Reader reader(input);
  const auto options = reader.take_be<uint8_t>();
  if (!options) return;
  Machine machine({.established = (*options & 1) != 0,
                   .interrupts = (*options & 2) != 0,
                   .line = static_cast<uint8_t>(*options >> 4)});
  while (reader.remaining() >= 8) {
    Record record;
    record.choice = *reader.take_be<uint8_t>();
    record.width = *reader.take_be<uint8_t>();
    record.place = *reader.take_be<uint16_t>();
    record.half = *reader.take_be<uint32_t>();
    run_record(machine, record);
  }
}

}  // namespace vtpm
