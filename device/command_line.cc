// SPDX-License-Identifier: Apache-2.0
#include "device/command_line.h"

#include "device/operator_error.h"

namespace vtpm::device {

namespace po = boost::program_options;

po::variables_map parse_command_line(const std::vector<std::string>& arguments,
                                     const po::options_description& options,
                                     const std::string& help) {
  using namespace po::command_line_style;
  try {
    auto parsed = po::command_line_parser(arguments)
                      .options(options)
                      .style(unix_style & ~allow_guessing)
                      .run();
    for (const auto& option : parsed.options)
      if (option.string_key.empty())
        throw OperatorError("'" + option.value.front() + "' is no option; see " + help);
    po::variables_map values;
    po::store(parsed, values);
    return values;
  } catch (const po::error& error) {
    throw OperatorError(std::string(error.what()) + "; see " + help);
  }
}

}  // namespace vtpm::device
