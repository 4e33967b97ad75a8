// SPDX-License-Identifier: Apache-2.0
// Prints the table of commands for docs/conformance.md: print_command_table SOURCE_ROOT
#include <iostream>

#include "tests/conformance/command_table.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: print_command_table SOURCE_ROOT\n";
    return 1;
  }
  try {
    std::cout << vtpm::conformance::command_table(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << "print_command_table: " << error.what() << "\n";
    return 1;
  }
}
