// SPDX-License-Identifier: Apache-2.0
#include "device/options.h"

#include <sstream>

#include <nlohmann/json.hpp>

#include "device/command_line.h"
#include "device/operator_error.h"
#include "device/profile_text.h"

namespace vtpm::device {
namespace {

namespace po = boost::program_options;

po::options_description description() {
  po::options_description all("Options");
  auto add = all.add_options();
  auto text = [] { return po::value<std::string>(); };
  const std::string profile_help = "what a new TPM has that is not usual: " + profile_words();
  add("socket-path", text()->value_name("PATH"),
      "serve the vhost-user-tpm front-end of QEMU on this Unix socket");
  add("fd", po::value<int>()->value_name("N"),
      "the same on an inherited socket, listening or connected");
  add("swtpm-server", po::value<std::vector<std::string>>()->value_name("ADDRESS"),
      "serve swtpm's data channel: tcp:HOST:PORT (port 0: any) or unix:PATH");
  add("swtpm-ctrl", po::value<std::vector<std::string>>()->value_name("ADDRESS"),
      "serve swtpm's control channel: tcp:HOST:PORT (port 0: any) or unix:PATH");
  add("state-dir", text()->value_name("DIR"),
      "keep the TPM in this directory; without it the TPM is gone with the process");
  add("profile", text()->value_name("WORDS"), profile_help.c_str());
  add("startup", text()->value_name("HOW")->default_value("none"),
      "'clear' sends TPM2_Startup(CLEAR) at the start, 'none' leaves it to the client");
  add("trace", text()->value_name("FILE"),
      "note every command and every register that a guest writes in FILE, as pcapng; secrets read "
      "as zeros");
  add("trace-secrets", "leave secrets in the trace as they are");
  add("pid-file", text()->value_name("PATH"), "write the process id there while running");
  add("print-capabilities", "print what this back-end offers, as JSON");
  add("version", "print the version");
  add("help", "print this text");
  return all;
}

std::vector<Endpoint> endpoints(const po::variables_map& values, const std::string& name) {
  std::vector<Endpoint> found;
  if (!values.count(name)) return found;
  for (const auto& text : values[name].as<std::vector<std::string>>()) {
    auto endpoint = parse_endpoint(text);
    if (!endpoint)
      throw OperatorError("--" + name + "=" + text +
                          " is no address; give tcp:HOST:PORT or unix:PATH");
    found.push_back(*endpoint);
  }
  return found;
}

std::optional<std::string> path(const po::variables_map& values, const std::string& name) {
  if (!values.count(name)) return std::nullopt;
  auto text = values[name].as<std::string>();
  if (text.empty()) throw OperatorError("--" + name + " needs a path");
  return text;
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments) {
  auto values = parse_command_line(arguments, description(), "--help");
  Options options;
  options.help = values.count("help") > 0;
  options.version = values.count("version") > 0;
  options.print_capabilities = values.count("print-capabilities") > 0;
  options.socket_path = path(values, "socket-path");
  if (values.count("fd")) options.fd = values["fd"].as<int>();
  options.swtpm_server = endpoints(values, "swtpm-server");
  options.swtpm_ctrl = endpoints(values, "swtpm-ctrl");
  options.state_dir = path(values, "state-dir");
  if (values.count("profile")) options.profile = parse_profile(values["profile"].as<std::string>());
  options.pid_file = path(values, "pid-file");
  options.trace = path(values, "trace");
  options.trace_secrets = values.count("trace-secrets") > 0;
  if (options.trace_secrets && !options.trace)
    throw OperatorError("--trace-secrets says how to trace, but not where to; add --trace=FILE");
  auto startup = values["startup"].as<std::string>();
  if (startup != "clear" && startup != "none")
    throw OperatorError("--startup=" + startup + " is unknown; give clear or none");
  options.startup_clear = startup == "clear";
  if (options.fd && *options.fd < 0)
    throw OperatorError("--fd=" + std::to_string(*options.fd) + " is no file descriptor");
  if (options.fd && options.socket_path)
    throw OperatorError("--fd and --socket-path exclude each other; give one of them");
  bool informs = options.help || options.version || options.print_capabilities;
  bool has_door = options.fd || options.socket_path || !options.swtpm_server.empty() ||
                  !options.swtpm_ctrl.empty();
  if (!informs && !has_door)
    throw OperatorError(
        "nobody could reach this TPM; give --socket-path, --fd, --swtpm-server or --swtpm-ctrl");
  return options;
}

std::string help_text() {
  std::ostringstream out;
  out << "Usage: vhost-user-tpm [options]\n"
         "A TPM 2.0 for a virtual machine. Give at least one of --socket-path, --fd,\n"
         "--swtpm-server and --swtpm-ctrl; all of them lead to the same TPM.\n\n"
      << description();
  return out.str();
}

std::string capabilities_text() {
  nlohmann::json text = {{"type", "tpm"}, {"features", nlohmann::json::array()}};
  return text.dump() + "\n";
}

}  // namespace vtpm::device
