// SPDX-License-Identifier: Apache-2.0
// Fails when an #include crosses a wall (CONTRIBUTING.md).
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace {

namespace filesystem = std::filesystem;

// A top-level folder, the folders whose headers it may include, and whether it is pure: no threads,
// files, sockets, clock or operating-system randomness.
struct Room {
  std::string_view name;
  std::vector<std::string_view> may_include;
  bool pure;
};

const std::vector<Room>& rooms() {
  static const std::vector<Room> all{
      {"base", {"base"}, true},
      {"engine", {"base", "engine"}, true},
      {"tis", {"base", "tis"}, true},
      {"crb", {"base", "crb"}, true},
      {"acpi", {"base", "acpi"}, true},
      {"device", {"base", "engine", "tis", "crb", "acpi", "protocol", "device"}, false},
      {"protocol", {"protocol"}, false},
      {"qemu-patches", {"protocol", "qemu-patches"}, false},
      {"guest", {"base", "guest"}, false},
  };
  return all;
}

// The standard headers that can do nothing to the world outside the process.
constexpr std::array<std::string_view, 44> kPureHeaders{"algorithm",
                                                        "array",
                                                        "bit",
                                                        "bitset",
                                                        "cassert",
                                                        "cctype",
                                                        "charconv",
                                                        "climits",
                                                        "compare",
                                                        "concepts",
                                                        "cstddef",
                                                        "cstdint",
                                                        "cstring",
                                                        "deque",
                                                        "exception",
                                                        "functional",
                                                        "initializer_list",
                                                        "iterator",
                                                        "limits",
                                                        "list",
                                                        "map",
                                                        "memory",
                                                        "new",
                                                        "numeric",
                                                        "optional",
                                                        "ranges",
                                                        "set",
                                                        "source_location",
                                                        "span",
                                                        "stdexcept",
                                                        "string",
                                                        "string_view",
                                                        "string.h",
                                                        "tuple",
                                                        "type_traits",
                                                        "typeinfo",
                                                        "unordered_map",
                                                        "unordered_set",
                                                        "utility",
                                                        "variant",
                                                        "vector",
                                                        "version",
                                                        "iomanip",
                                                        "sstream"};

template <class Range>
bool contains(const Range& range, std::string_view value) {
  return std::find(range.begin(), range.end(), value) != range.end();
}

std::string_view first_component(std::string_view path) {
  return path.substr(0, path.find('/'));
}

const Room* find_room(std::string_view name) {
  const auto found = std::find_if(rooms().begin(), rooms().end(),
                                  [&](const Room& room) { return room.name == name; });
  return found == rooms().end() ? nullptr : &*found;
}

// What an #include line names.
struct Include {
  std::string_view header;
  bool quoted;
};

std::string_view skip_blanks(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line;
}

std::optional<Include> parse_include(std::string_view line) {
  line = skip_blanks(line);
  if (!line.starts_with('#')) return std::nullopt;
  line = skip_blanks(line.substr(1));
  constexpr std::string_view kDirective = "include";
  if (!line.starts_with(kDirective)) return std::nullopt;
  line = skip_blanks(line.substr(kDirective.size()));
  if (line.empty() || (line.front() != '"' && line.front() != '<')) return std::nullopt;
  const bool quoted = line.front() == '"';
  line.remove_prefix(1);
  const size_t end = line.find(quoted ? '"' : '>');
  if (end == std::string_view::npos) return std::nullopt;
  return Include{line.substr(0, end), quoted};
}

// Why the file at `path` (relative to the root) may not have this #include; nothing when it may.
std::optional<std::string> objection(std::string_view path, const Include& include) {
  const Room* room = find_room(first_component(path));
  if (room == nullptr) return std::nullopt;  // tests see everything
  const std::string_view target = first_component(include.header);
  if (include.quoted) {
    if (find_room(target) != nullptr) {
      if (contains(room->may_include, target)) return std::nullopt;
      return "'" + std::string(room->name) + "' may not include '" + std::string(target) + "'";
    }
    // QEMU's headers and the front-end's own are quoted, too.
    if (room->name == "qemu-patches") return std::nullopt;
    return "is not named from the root";
  }
  if (target == "openssl" && !path.starts_with("engine/crypto/"))
    return "only engine/crypto may include OpenSSL";
  if (target == "boost" && room->name != "device") return "only device may include Boost";
  if (target == "libvirt" && room->name != "device") return "only the operator's tool uses libvirt";
  if (room->pure && target != "openssl" && !contains(kPureHeaders, include.header))
    return "'" + std::string(room->name) + "' is pure, and this header may not be";
  return std::nullopt;
}

std::vector<std::string> violations(std::string_view path, std::string_view text) {
  std::vector<std::string> found;
  size_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    ++number;
    if (const auto include = parse_include(text.substr(0, end)))
      if (const auto reason = objection(path, *include))
        found.push_back(std::string(path) + ":" + std::to_string(number) + ": " +
                        std::string(include->header) + ": " + *reason);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return found;
}

bool is_source(const filesystem::path& path) {
  return contains(std::array<std::string_view, 5>{".h", ".hh", ".c", ".cc", ".cpp"},
                  path.extension().string());
}

std::string contents(const filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

TEST(Walls, NoIncludeCrossesOne) {
  const filesystem::path root = VTPM_SOURCE_ROOT;
  size_t files = 0;
  for (const Room& room : rooms()) {
    if (!filesystem::exists(root / room.name)) continue;
    for (const auto& entry : filesystem::recursive_directory_iterator(root / room.name)) {
      if (!entry.is_regular_file() || !is_source(entry.path())) continue;
      ++files;
      const std::string path = entry.path().lexically_relative(root).generic_string();
      for (const std::string& violation : violations(path, contents(entry.path())))
        ADD_FAILURE() << violation;
    }
  }
  EXPECT_GT(files, 20u) << "the tree at " << root << " was not found";
}

TEST(Walls, AllowedIncludesAreAccepted) {
  const auto accepts = [](std::string_view path, std::string_view line) {
    const auto found = violations(path, line);
    EXPECT_TRUE(found.empty()) << found.front();
  };
  accepts("base/section.cc", "#include \"base/section.h\"\n#include <vector>\n");
  accepts("engine/wire/types.h", "#include \"base/bytes.h\"\n");
  accepts("engine/crypto/hash.cc", "#include <openssl/evp.h>");
  accepts("device/main.cc", "#include \"engine/engine.h\"\n#include <boost/asio.hpp>\n");
  accepts("device/ring.cc", "#include \"protocol/vhost_user_tpm.h\"\n#include <sys/mman.h>\n");
  accepts("qemu-patches/tpm.c", "#include \"qemu/osdep.h\"\n#include \"protocol/x.h\"");
  accepts("tests/device/x_test.cc", "#include \"engine/engine.h\"\n#include <openssl/evp.h>");
  accepts("base/text.cc", "// #include <thread>\nconst char* text = \"#include <thread>\";");
}

TEST(Walls, CrossingIncludesAreFound) {
  const auto finds = [](std::string_view path, std::string_view line) {
    EXPECT_EQ(violations(path, line).size(), 1u) << path << ": " << line;
  };
  finds("base/bytes.h", "#include \"engine/engine.h\"");
  finds("engine/engine.h", "#include \"device/tpm_service.h\"");
  finds("engine/engine.h", "#include \"crb/crb.h\"");
  finds("crb/crb.cc", "#include \"engine/engine.h\"");
  finds("crb/crb.cc", "#include \"tis/tis.h\"");
  finds("crb/crb.cc", "#include \"protocol/vhost_user_tpm.h\"");
  finds("acpi/table.cc", "#include \"../device/store/store.h\"");
  finds("tis/tis.cc", "#include \"registers.h\"");
  finds("protocol/vhost_user_tpm.h", "#include \"base/bytes.h\"");
  finds("qemu-patches/tpm.c", "#include \"device/tpm_service.h\"");
  finds("guest/tpm_latency.cc", "#include \"engine/engine.h\"");
  finds("engine/pipeline/session.cc", "#include <openssl/hmac.h>");
  finds("device/main.cc", "#include <openssl/evp.h>");
  finds("engine/engine.cc", "#include <boost/asio.hpp>");
  finds("engine/clock.cc", "#include <chrono>");
  finds("engine/engine.cc", "  #  include <thread>");
  finds("crb/crb.cc", "#include <unistd.h>");
  finds("base/random.cc", "int a;\n#include\t<sys/random.h>\n");
}

}  // namespace
