// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/command_table.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "engine/commands/table.h"

namespace vtpm::conformance {
namespace {

namespace fs = std::filesystem;

constexpr const char *kBegin = "<!-- commands -->\n", *kEnd = "<!-- end of commands -->";

// "PCR_Read" and "PcrRead" are one.
std::string folded(const std::string& name) {
  std::string result;
  for (char character : name)
    if (character != '_')
      result.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(character))));
  return result;
}

struct Enumerator {
  std::string name;
  uint32_t code = 0;
};
using Enumerators = std::map<std::string, Enumerator>;  // by folded name

Enumerators read_enumerators(const fs::path& header) {
  static const std::regex line("  (\\w+) = (0x[0-9A-F]+),");
  std::string text = read_file(header);
  Enumerators result;
  for (std::sregex_iterator i(text.begin(), text.end(), line), end; i != end; ++i)
    result[folded((*i)[1])] = {(*i)[1], static_cast<uint32_t>(std::stoul((*i)[2], nullptr, 16))};
  return result;
}

struct TestFile {
  std::string name;
  std::set<std::string> commands;  // names that it gives as template arguments: schemas among them
};

std::vector<TestFile> read_tests(const fs::path& tests) {
  static const std::regex use("<(?:engine::)?(\\w+)[,>]");
  std::vector<TestFile> result;
  for (const char* folder : {"engine", "differential"}) {
    for (const auto& entry : fs::recursive_directory_iterator(tests / folder)) {
      if (entry.path().extension() != ".cc") continue;
      TestFile file{.name = fs::relative(entry.path(), tests).replace_extension()};
      std::string text = read_file(entry.path());
      for (std::sregex_iterator i(text.begin(), text.end(), use), end; i != end; ++i)
        file.commands.insert((*i)[1]);
      result.push_back(std::move(file));
    }
  }
  std::sort(result.begin(), result.end(),
            [](const TestFile& a, const TestFile& b) { return a.name < b.name; });
  return result;
}

// Where a command is run.
std::string tests_of(const std::string& command, const std::vector<TestFile>& files) {
  std::string result;
  for (const TestFile& file : files)
    if (file.commands.count(command) != 0) result += (result.empty() ? "" : ", ") + file.name;
  return result;
}

struct Row {
  std::string clause, name, reason;
  std::string needs;  // what a build must have
};

std::vector<Row> read_rows(const fs::path& path) {
  static const std::regex line("([0-9.]+) (\\w+)(?: -- (.+))?(?: with (.+))?");
  std::ifstream file(path);
  std::vector<Row> rows;
  for (std::string text; std::getline(file, text);) {
    std::smatch match;
    if (text.empty() || text[0] == '#') continue;
    if (!std::regex_match(text, match, line))
      throw std::runtime_error(path.string() + ": not a line of the list: " + text);
    rows.push_back({match[1], match[2], match[3], match[4]});
  }
  return rows;
}

}  // namespace

std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string table_in(const std::string& document) {
  size_t begin = document.find(kBegin), end = document.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos)
    throw std::runtime_error("docs/conformance.md has lost the comments around its table");
  begin += std::string(kBegin).size();
  return document.substr(begin, end - begin);
}

std::string command_table(const fs::path& source_root) {
  Enumerators enumerators = read_enumerators(source_root / "engine/wire/command_code.h");
  auto tests = read_tests(source_root / "tests");
  std::ostringstream out;
  out << "| Command | Part 3 | Done | Tests, or why not |\n|---|---|---|---|\n";
  for (const Row& row : read_rows(source_root / "tests/conformance/commands.txt")) {
    auto found = enumerators.find(folded(row.name));
    if (found == enumerators.end()) throw std::runtime_error("no code for " + row.name);
    const Enumerator& command = found->second;
    // The table is the same from every build.
    bool done = !row.needs.empty() ||
                engine::find_command(static_cast<engine::wire::CommandCode>(command.code));
    std::string tested = tests_of(command.name, tests);
    out << "| TPM2_" << row.name << " | " << row.clause << " | "
        << (!done               ? "no"
            : row.needs.empty() ? "yes"
                                : "with " + row.needs)
        << " | "
        << (done                 ? tested
            : row.reason.empty() ? "not yet"
                                 : row.reason)
        << " |\n";
    if (done && (tested.empty() || !row.reason.empty()))
      throw std::runtime_error("TPM2_" + row.name + " is in the table but " +
                               (tested.empty() ? "no test runs it" : "has a reason to be absent"));
    enumerators.erase(found);
  }
  if (!enumerators.empty())
    throw std::runtime_error("commands.txt lacks " + enumerators.begin()->second.name);
  return out.str();
}

}  // namespace vtpm::conformance
