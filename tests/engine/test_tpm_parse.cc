// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/all_commands.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::engine::testing {
namespace {

template <class Reply>
void unmarshal_reply(wire::Reader& in, Reply& reply, bool sessions) {
  bool size_taken = false;
  auto take_size = [&] {
    if (sessions && !size_taken) in.take_be<uint32_t>();
    size_taken = true;
  };
  wire::visit_fields(reply, [&](auto& field) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(field)>, ReplyHandle>) {
      field.value = in.take_be<uint32_t>().value_or(0);
    } else {
      take_size();
      EXPECT_TRUE(wire::unmarshal(in, field));
    }
    return true;
  });
  if (!sessions) {
    EXPECT_EQ(in.remaining(), 0u);
  }
}

}  // namespace

template <class C>
Answer<C> TestTpm::parse(ByteView response) {
  wire::Reader in(response);
  auto tag = in.take_be<uint16_t>();
  auto size = in.take_be<uint32_t>();
  auto code = in.take_be<uint32_t>();
  EXPECT_TRUE(tag && size && code && *size == response.size());
  Answer<C> answer{.code = Rc(code.value_or(0xFFFFFFFF))};
  if (answer.code != rc::Success) {
    EXPECT_EQ(response.size(), 10u);
    return answer;
  }
  unmarshal_reply(in, answer.reply, *tag == 0x8002);
  return answer;
}

#define VTPM_PARSE_RESPONSE(Command) template Answer<Command> TestTpm::parse<Command>(ByteView);
VTPM_COMMANDS(VTPM_PARSE_RESPONSE)

}  // namespace vtpm::engine::testing
