// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: any sequence of accesses, FIFO entries and device events keeps the rules of the
// FIFO machine, and pages that follow the machine's changed words always equal its registers.
//
// Input: records of 8 bytes, as machine_records.h reads them.
#include <array>
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/machine_records.h"
#include "tests/tis/invariants.h"
#include "tis/tis.h"

namespace {

using namespace vtpm;
using namespace vtpm::tis;
using namespace vtpm::tis::testing;

// The first words of each page; those behind do not change.
using Page = std::array<uint32_t, kXDataFifo / 4>;

Page page_of(const Regs& regs, uint8_t locality) {
  Page page;
  for (uint16_t i = 0; i < page.size(); ++i)
    page[i] = page_word(regs, locality, static_cast<uint16_t>(4 * i));
  return page;
}

class Machine {
 public:
  explicit Machine(const RegisterOptions& options) : regs_(power_on(options)) {
    for (uint8_t n = 0; n < kLocalities; ++n) pages_[n] = page_of(regs_, n);
  }

  void access(const Access& access) { apply(on(regs_, access), false); }
  template <class Event>
  void event(const Event& event, bool answer) {
    apply(on(regs_, event), answer && outstanding(regs_));
  }
  // The front-end's entries: as they follow from the limits, or whatever they say.
  void other(const Record& record) {
    const Fifo& fifo = regs_.fifo;
    switch (record.width % 4) {
      case 0:
        return event(FifoWritten{fifo.generation, fifo.write_limit, record.half}, false);
      case 1:
        return event(FifoRead{fifo.generation, fifo.read_limit}, false);
      case 2:
        return event(FifoWritten{fifo.generation, record.place, record.half}, false);
      default:
        return event(FifoRead{record.half, record.place}, false);
    }
  }

 private:
  void apply(const Step& step, bool answer) {
    std::string broken = broken_step_rule(regs_, step, answer);
    regs_ = step.regs;
    for_each_page_word(
        step, [&](const PageWord& word) { pages_[word.locality][word.offset / 4] = word.value; });
    for (uint8_t n = 0; n < kLocalities; ++n)
      if (pages_[n] != page_of(regs_, n)) broken += " a page differs from the registers";
    abort_if_broken(broken);
  }

  Regs regs_;
  std::array<Page, kLocalities> pages_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  run_machine<Machine>(ByteView(data, size));
  return 0;
}
