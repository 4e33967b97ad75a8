// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: any sequence of accesses and device events keeps the rules of the CRB machine,
// and pages that follow the machine's changed words always equal its registers.
//
// Input: records of 8 bytes. Byte 0 chooses the event, byte 1 the size; then a u16 of the page
// offset with the locality in its top 4 bits, and a u32 that is the value, twice.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "base/bytes.h"
#include "crb/crb.h"
#include "tests/crb/invariants.h"

namespace {

using namespace vtpm;
using namespace vtpm::crb;
using namespace vtpm::crb::testing;

class Machine {
 public:
  explicit Machine(const RegisterOptions& options) : regs_(power_on(options)) {
    for (uint8_t n = 0; n < kLocalities; ++n) pages_[n] = page_image(regs_, n);
  }

  void access(const Access& access) {
    const uint8_t start_page = start_page_of(access);
    if (start_page != kNoLocality) pages_[start_page][kCtrlStart / 4] |= 1;
    apply(on(regs_, access), false, start_page);
  }
  template <class Event>
  void event(const Event& event, bool answer) {
    apply(on(regs_, event), answer && outstanding(regs_), kNoLocality);
  }

 private:
  void apply(const Step& step, bool answer, uint8_t start_page) {
    std::string broken = broken_step_rule(regs_, step, answer, start_page);
    regs_ = step.regs;
    for_each_page_word(step, [&](const PageWord& word) {
      uint32_t& stored = pages_[word.locality][word.offset / 4];
      stored = (stored & ~word.mask) | word.value;
    });
    for (uint8_t n = 0; n < kLocalities; ++n)
      if (pages_[n] != page_image(regs_, n)) broken += " a page differs from the registers";
    if (broken.empty()) return;
    fprintf(stderr, "%s\n", broken.c_str());
    abort();
  }

  Regs regs_;
  std::array<PageImage, kLocalities> pages_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader reader(ByteView(data, size));
  const auto options = reader.take_be<uint8_t>();
  if (!options) return 0;
  Machine machine({.established = (*options & 1) != 0, .interrupts = (*options & 2) != 0});
  while (reader.remaining() >= 8) {
    const uint8_t choice = *reader.take_be<uint8_t>();
    const uint8_t width = *reader.take_be<uint8_t>();
    const uint16_t place = *reader.take_be<uint16_t>();
    const uint32_t half = *reader.take_be<uint32_t>();
    const uint64_t value = uint64_t{half} << 32 | half;
    switch (choice) {
      case 0:
        machine.event(ResponseReady{half}, true);
        break;
      case 1:
        machine.event(ResponseReady{half % 4096}, true);
        break;
      case 2:
        machine.event(CommandFailed{}, true);
        break;
      case 3:
        machine.event(Established{(half & 1) != 0}, false);
        break;
      case 4:
        machine.event(Reset{(half & 1) != 0}, false);
        break;
      case 5:
        machine.access(Access::read(place, width));
        break;
      case 6:  // any address at all
        machine.access(Access::write(half, width, value));
        break;
      default:  // the control area and its seams
        machine.access(Access::write(((place >> 12) % 6) * kPageSize + (place & 0xFFF) % 0x90,
                                     choice % 2 ? uint8_t{4} : width, value));
    }
  }
  return 0;
}
