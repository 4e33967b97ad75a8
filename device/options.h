// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "device/endpoint.h"
#include "engine/profile.h"

namespace vtpm::device {

// The daemon's command line, checked.
struct Options {
  bool help = false;
  bool version = false;
  bool print_capabilities = false;

  std::optional<std::string> socket_path;
  std::optional<int> fd;
  std::vector<Endpoint> swtpm_server;
  std::vector<Endpoint> swtpm_ctrl;

  std::optional<std::string> state_dir;
  std::optional<engine::Profile> profile;
  std::optional<std::string> pid_file;
  bool startup_clear = false;
  std::optional<std::string> trace;
  bool trace_secrets = false;
};

// `arguments` without the program's name. Throws OperatorError, naming the option.
Options parse_options(const std::vector<std::string>& arguments);

std::string help_text();
// One line of JSON, as QEMU's vhost-user back-end conventions ask for.
std::string capabilities_text();

}  // namespace vtpm::device
