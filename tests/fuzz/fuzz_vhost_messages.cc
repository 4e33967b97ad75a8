// SPDX-License-Identifier: Apache-2.0
// A front-end's whole side of the socket: the input is cut into messages as the session cuts it. A
// byte before each message says whether descriptors came along.

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "device/vhost_user/messages.h"

using namespace vtpm;
using namespace vtpm::device::vhost_user;

namespace {

void check(bool truth) {
  if (!truth) std::abort();
}

// An answer is at most one well-formed reply to this request, and never with a task beside it.
void check_answer(const Answer& answer, const vut_header& request) {
  if (!answer.reply.empty()) {
    check(answer.reply.size() >= VUT_HEADER_SIZE && !answer.goodbye &&
          answer.task == Answer::Task::None);
    vut_header header;
    std::memcpy(&header, answer.reply.data(), sizeof header);
    check(header.request == request.request && header.size <= VUT_MAX_PAYLOAD &&
          header.flags == (VUT_FLAG_VERSION | VUT_FLAG_REPLY) &&
          answer.reply.size() == VUT_HEADER_SIZE + header.size);
  }
  if (answer.goodbye) check(encode_goodbye(*answer.goodbye).size() == 12 + sizeof(vut_goodbye));
}

// A file comes with the reply that says what is in it.
void check_file(const Answer& answer, const vut_header& request) {
  const bool tables = request.request == VUT_GET_TABLES && !answer.reply.empty();
  check(tables != answer.file.empty());
  if (!tables) return;
  vut_tables sizes;
  check(answer.reply.size() == VUT_HEADER_SIZE + sizeof sizes && !answer.descriptors);
  std::memcpy(&sizes, answer.reply.data() + VUT_HEADER_SIZE, sizeof sizes);
  check(answer.file.size() == size_t{sizes.tpm2_size} + sizes.ssdt_size &&
        answer.file.size() <= VUT_TABLES_MAX);
}

// One connection over this input; true when it ended because the input was used up.
bool run(Protocol& protocol, Reader& input) {
  bool running = false;
  for (;;) {
    const auto descriptors = input.take_be<uint8_t>();
    const auto raw = input.take(VUT_HEADER_SIZE);
    if (!descriptors || !raw) return true;
    HeaderBytes bytes;
    std::memcpy(bytes.data(), raw->data(), bytes.size());
    const auto header = parse_header(bytes);
    if (!header) return false;
    check(header->size <= VUT_MAX_PAYLOAD);
    const auto payload = input.take(header->size);
    if (!payload) return true;
    Answer answer = protocol.handle(*header, *payload, *descriptors & 1);
    check_answer(answer, *header);
    check_file(answer, *header);
    if (answer.task == Answer::Task::StartRing) {
      check(!running && protocol.interface().id == VUT_INTERFACE_CRB);
      running = true;
      answer = protocol.memory_ready();
      const bool line = (protocol.interface().flags & VUT_INTERFACE_INTERRUPTS) != 0;
      check(answer.descriptors == (line ? VUT_MEMORY_FDS_MAX : VUT_MEMORY_FDS));
      check_answer(answer, *header);
    } else if (answer.task == Answer::Task::Reset) {
      check(running);
      answer = protocol.reset_done();
      check_answer(answer, *header);
    }
    if (answer.goodbye) return false;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader input(ByteView(data, size));
  for (;;) {
    Protocol protocol(1u << VUT_INTERFACE_CRB);
    if (run(protocol, input)) return 0;
  }
}
