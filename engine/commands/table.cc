// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/table.h"

#include <algorithm>
#include <array>

#include "engine/commands/list.h"

namespace vtpm::engine {

#define VTPM_DECLARE(Command) \
  struct Command;             \
  template <>                 \
  const CommandRow& command_row<Command>();
VTPM_COMMANDS(VTPM_DECLARE)

namespace {

using wire::CommandCode;

struct Entry {
  CommandCode code;
  const CommandRow& (*row)();
};

#define VTPM_ENTRY(Command) Entry{CommandCode::Command, command_row<Command>},
constexpr std::array kTable = {VTPM_COMMANDS(VTPM_ENTRY)};
static_assert(std::ranges::is_sorted(kTable, std::ranges::less{}, &Entry::code));

constexpr size_t kCodes = wire::kLastCommandCode - wire::kFirstCommandCode + 1;

struct Index {
  std::array<const CommandRow*, kCodes> by_code{};
  std::array<const CommandRow*, kTable.size()> rows{};

  Index() {
    for (size_t i = 0; i < kTable.size(); ++i) {
      rows[i] = &kTable[i].row();
      by_code[static_cast<uint32_t>(kTable[i].code) - wire::kFirstCommandCode] = rows[i];
    }
  }
};

const Index& index() {
  static const Index built;
  return built;
}

}  // namespace

const CommandRow* find_command(CommandCode code) {
  uint32_t offset = static_cast<uint32_t>(code) - wire::kFirstCommandCode;
  return offset < kCodes ? index().by_code[offset] : nullptr;
}

std::span<const CommandRow* const> all_commands() {
  return index().rows;
}

}  // namespace vtpm::engine
