// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: any sequence of accesses and device events keeps the rules of the CRB machine,
// and pages that follow the machine's changed words always equal its registers.
//
// Input: records of 8 bytes, as machine_records.h reads them.
#include <array>
#include <cstddef>
#include <cstdint>

#include "crb/crb.h"
#include "tests/crb/invariants.h"
#include "tests/fuzz/machine_records.h"

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
  void other(const Record& record) { access(Access::read(record.place, record.width)); }

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
    abort_if_broken(broken);
  }

  Regs regs_;
  std::array<PageImage, kLocalities> pages_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  run_machine<Machine>(ByteView(data, size));
  return 0;
}
