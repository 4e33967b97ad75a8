// SPDX-License-Identifier: Apache-2.0
// The byte streams of swtpm's data and control channels, in pieces that the input chooses.
#include <algorithm>
#include <cstdlib>

#include "device/swtpm/control_handler.h"
#include "device/swtpm/data_codec.h"

namespace {

using namespace vtpm;
using namespace vtpm::device;
using namespace vtpm::device::swtpm;

// Answers everything with success.
class PlainTpm final : public TpmService {
 public:
  Secret execute(uint8_t, ByteView command, size_t, const engine::Cancellation&) override {
    if (command.size() < 10) std::abort();
    return error_response(0);
  }
  bool may_take_long(ByteView) const override { return false; }
  void power_on() override {}
  void hash_start() override {}
  void hash_data(ByteView) override {}
  void hash_end() override {}
  bool established() override { return false; }
  bool reset_established(uint8_t locality) override { return locality >= 3; }
};

// Hands the input to a reader, as much at a time as its first bytes say.
template <class Reader, class Served>
void stream(Reader& reader, ByteView input, size_t piece, Served served) {
  while (true) {
    while (served()) {
    }
    if (input.empty()) return;
    auto space = reader.space();
    if (space.empty()) return;  // the stream has ended, or lost its way
    auto count = std::min({piece, space.size(), input.size()});
    std::copy_n(input.begin(), count, space.begin());
    reader.filled(count);
    input = input.subspan(count);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  ByteView input(data + 2, size - 2);
  size_t piece = 1 + data[1];
  PlainTpm tpm;
  Gate gate(tpm);
  if (data[0] % 2 == 0) {
    DataReader reader;
    stream(reader, input, piece, [&] {
      auto request = reader.next();
      if (!request) return false;
      if (request->kind == DataRequest::Kind::Command) gate.execute({}, request->command);
      reader.done();
      return true;
    });
  } else {
    ControlHandler handler(gate);
    ControlReader reader;
    stream(reader, input, piece, [&] {
      auto request = reader.next();
      if (request && handler.handle(*request, false).size() < 4) std::abort();
      return request.has_value();
    });
  }
  return 0;
}
