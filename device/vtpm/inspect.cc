// SPDX-License-Identifier: Apache-2.0
#include "device/vtpm/inspect.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <iomanip>
#include <sstream>

#include <nlohmann/json.hpp>
#include <system_error>

#include "device/operator_error.h"
#include "device/profile_text.h"
#include "device/store/store.h"
#include "engine/engine.h"

namespace vtpm::device {
namespace {

const char* health_name(Inspection::Health health) {
  switch (health) {
    case Inspection::Health::Good:
      return "good";
    case Inspection::Health::Torn:
      return "torn";
    case Inspection::Health::Damaged:
      return "damaged";
    case Inspection::Health::Missing:
      return "missing";
  }
  return "unknown";
}

std::string health_sentence(const Inspection& found) {
  switch (found.health) {
    case Inspection::Health::Good:
      return "good";
    case Inspection::Health::Torn:
      return std::to_string(found.torn_size) +
             (found.used_by ? " bytes of a change that is being written"
                            : " bytes of a change that was cut short and never acknowledged; the "
                              "next start drops them");
    case Inspection::Health::Damaged:
      return "damaged: " + std::string(kStateName) + " " + found.fault;
    case Inspection::Health::Missing:
      return "no TPM is stored here";
  }
  return {};
}

void read_state(Inspection& found, int directory) {
  FileDescriptor file(::openat(directory, kStateName, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid() && errno == ENOENT) return;
  if (!file.valid())
    throw OperatorError("cannot read " + found.directory + "/" + kStateName + ": " +
                        std::strerror(errno) + "; run this as the user who owns it");
  auto content = read_whole(file.get(), kLogMaxFile);
  found.health = Inspection::Health::Damaged;
  if (!content) {
    found.fault = "is larger than any TPM's state";
    return;
  }
  found.file_size = content->size();
  auto log = parse_log(content->view());
  if (!log) {
    found.fault = log.error().reason;
    return;
  }
  found.health = log->torn_size > 0 ? Inspection::Health::Torn : Inspection::Health::Good;
  found.format_version = log->version;
  found.rewrites = log->generation;
  found.changes = log->records.size();
  found.acknowledged = log->acknowledged;
  found.torn_size = log->torn_size;
  found.profile = engine::saved_profile(log->sections);
  for (const auto& section : log->sections)
    found.sections.push_back({.tag = section_name(section.tag),
                              .version = section.version,
                              .minimum_version = section.minimum_version,
                              .size = section.payload.size()});
}

}  // namespace

Inspection inspect(const std::string& path) {
  FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid())
    throw OperatorError("cannot open state directory " + path + ": " + std::strerror(errno) +
                        "; give the directory that --state-dir named");
  Inspection found;
  found.directory = path;
  found.used_by = DirectoryLock::holder(directory.get());
  try {
    read_state(found, directory.get());
  } catch (const std::system_error& error) {
    throw OperatorError("cannot read " + path + "/" + kStateName + ": " + error.what() +
                        "; see that it is a file on a sound disk");
  }
  return found;
}

std::string to_text(const Inspection& found) {
  std::ostringstream out;
  auto row = [&](const char* name) -> std::ostream& {
    return out << std::left << std::setw(14) << name;
  };
  row("directory") << found.directory << "\n";
  row("in use") << (found.used_by ? "by " + *found.used_by : "no") << "\n";
  row("health") << health_sentence(found) << "\n";
  bool readable =
      found.health == Inspection::Health::Good || found.health == Inspection::Health::Torn;
  if (!readable) return out.str();
  row("file") << kStateName << ", " << found.file_size << " bytes, format " << found.format_version
              << ", rewritten " << found.rewrites << " times\n";
  row("changes") << found.changes << " since then, " << found.acknowledged
                 << " known to be acknowledged\n";
  row("profile") << (found.profile ? to_text(*found.profile) : "not readable") << "\n\n";
  out << "section  version  readable from  bytes\n";
  for (const auto& section : found.sections)
    out << std::left << std::setw(9) << section.tag << std::right << std::setw(7) << section.version
        << std::setw(15) << section.minimum_version << std::setw(7) << section.size << "\n";
  return out.str();
}

std::string to_json(const Inspection& found) {
  nlohmann::json out = {
      {"directory", found.directory},        {"health", health_name(found.health)},
      {"file_size", found.file_size},        {"format_version", found.format_version},
      {"rewrites", found.rewrites},          {"changes", found.changes},
      {"acknowledged", found.acknowledged},  {"torn_bytes", found.torn_size},
      {"sections", nlohmann::json::array()},
  };
  out["used_by"] = found.used_by ? nlohmann::json(*found.used_by) : nlohmann::json();
  if (found.profile) out["profile"] = to_text(*found.profile);
  if (!found.fault.empty()) out["fault"] = found.fault;
  for (const auto& section : found.sections)
    out["sections"].push_back({{"tag", section.tag},
                               {"version", section.version},
                               {"minimum_version", section.minimum_version},
                               {"size", section.size}});
  // A path need not be UTF-8; JSON must be.
  return out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace vtpm::device
