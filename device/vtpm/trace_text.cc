// SPDX-License-Identifier: Apache-2.0
#include "device/vtpm/trace_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <string>

#include "crb/registers.h"
#include "device/trace/pcapng.h"
#include "engine/commands/table.h"
#include "engine/wire/names.h"
#include "tis/registers.h"

namespace vtpm::device {
namespace {

using trace::Message;
using trace::Packet;

constexpr size_t kHeaderSize = 10;
constexpr uint64_t kNanoseconds = 1'000'000'000;

template <class... Arguments>
std::string format(const char* pattern, Arguments... arguments) {
  char text[128];
  std::snprintf(text, sizeof text, pattern, arguments...);
  return text;
}

// "2026-11-23 20:05:31.123456  0  ": to the microsecond, then the locality.
std::string margin(uint64_t time, uint8_t locality) {
  auto seconds = static_cast<std::time_t>(time / kNanoseconds);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char date[32];
  std::strftime(date, sizeof date, "%F %T", &utc);
  return format("%s.%06u  %u  ", date, static_cast<unsigned>(time % kNanoseconds / 1000),
                unsigned{locality});
}

std::string describe(const RegisterWrite& write) {
  const Register* found =
      write.fifo ? tis::kRegisters.find(write.offset) : crb::kRegisters.find(write.offset);
  std::string text = found ? std::string(found->name) : "nothing";
  if (!found || found->offset != write.offset) text += format(" at 0x%03x", unsigned{write.offset});
  text += format(" <- 0x%llx", static_cast<unsigned long long>(write.value));
  if (write.size != 4) text += format(" (%u octets)", unsigned{write.size});
  return text;
}

// Name and handles.
std::string describe_command(ByteView command) {
  if (command.size() < kHeaderSize) return format("%zu octets that are no command", command.size());
  auto code = static_cast<engine::wire::CommandCode>(load_be<uint32_t>(command.subspan(6)));
  std::string text = engine::wire::command_name(code);
  const engine::CommandRow* row = engine::find_command(code);
  Reader in(command.subspan(kHeaderSize));
  for (unsigned i = 0; row && i < row->handle_count; ++i)
    if (auto handle = in.take_be<uint32_t>()) text += format(" %08x", *handle);
  return text;
}

std::string describe_response(ByteView response) {
  if (response.size() < kHeaderSize) return "no response";
  return engine::wire::response_code_name(engine::Rc(load_be<uint32_t>(response.subspan(6))));
}

// Commands that have not been answered yet, by their locality.
class Printer {
 public:
  explicit Printer(std::ostream& out) : out_(out) {}
  ~Printer() {
    for (const auto& packet : pending_)
      if (packet) print_unanswered(*packet);
  }
  Printer(const Printer&) = delete;
  Printer& operator=(const Printer&) = delete;

  void print(Packet packet) {
    if (const auto* write = std::get_if<RegisterWrite>(&packet.content)) {
      out_ << margin(packet.time, write->locality) << describe(*write) << '\n';
      return;
    }
    const auto& message = std::get<Message>(packet.content);
    std::optional<Packet>& pending = pending_[message.locality];
    if (message.direction == Message::Direction::Command) {
      if (pending) print_unanswered(*pending);
      pending = std::move(packet);
    } else if (pending) {
      const uint64_t took = packet.time - std::min(packet.time, pending->time);
      out_ << start_of(*pending) << " -> " << describe_response(message.bytes)
           << format(" (%.3f ms)", static_cast<double>(took) / 1e6) << '\n';
      pending.reset();
    }
  }

 private:
  static std::string start_of(const Packet& packet) {
    const auto& message = std::get<Message>(packet.content);
    return margin(packet.time, message.locality) + describe_command(message.bytes);
  }
  void print_unanswered(const Packet& packet) {
    out_ << start_of(packet) << " -> not answered in this trace\n";
  }

  std::ostream& out_;
  std::array<std::optional<Packet>, 256> pending_;
};

}  // namespace

TraceEnd print_trace(std::istream& in, std::ostream& out) {
  auto reader = trace::PcapngReader::open(in);
  if (!reader) return TraceEnd::NoTrace;
  Printer printer(out);
  while (auto packet = reader->next()) printer.print(std::move(*packet));
  return reader->complete() ? TraceEnd::Whole : TraceEnd::CutShort;
}

}  // namespace vtpm::device
