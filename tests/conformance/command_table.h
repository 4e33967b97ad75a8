// SPDX-License-Identifier: Apache-2.0
// The table of commands in docs/conformance.md, as the engine's command table and the tests make
// it.
#pragma once

#include <filesystem>
#include <string>

namespace vtpm::conformance {

// Markdown. Throws std::runtime_error where tests/conformance/commands.txt and
// engine/wire/command_code.h do not name the same commands.
std::string command_table(const std::filesystem::path& source_root);

// What stands between the two comments that enclose the table.
std::string table_in(const std::string& document);

std::string read_file(const std::filesystem::path& path);

}  // namespace vtpm::conformance
