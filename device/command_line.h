// SPDX-License-Identifier: Apache-2.0
// Command lines of the programs, strictly read.
#pragma once

#include <string>
#include <vector>

#include <boost/program_options.hpp>

namespace vtpm::device {

// No abbreviations, as an option added later must not change what a script means, and nothing
// besides options. Throws OperatorError, which says to see `help`.
boost::program_options::variables_map parse_command_line(
    const std::vector<std::string>& arguments,
    const boost::program_options::options_description& options, const std::string& help);

}  // namespace vtpm::device
