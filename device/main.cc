// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "device/host_ports.h"
#include "device/listener.h"
#include "device/log.h"
#include "device/operator_error.h"
#include "device/options.h"
#include "device/pid_file.h"
#include "device/swtpm/server.h"
#include "device/tpm.h"
#include "device/trace/traced_tpm.h"
#include "device/vhost_user/server.h"

namespace vtpm::device {
namespace {

// Progress for whoever started us, on standard output, a line at a time.
void say(const std::string& text) {
  std::fputs((text + "\n").c_str(), stdout);
  std::fflush(stdout);
}

std::vector<ListeningSocket> listen_on(const std::vector<Endpoint>& endpoints,
                                       const std::string& option) {
  std::vector<ListeningSocket> sockets;
  for (const auto& endpoint : endpoints) sockets.emplace_back(endpoint, option);
  return sockets;
}

std::unique_ptr<Store> open_store(const Options& options) {
  if (!options.state_dir) {
    log_line("no --state-dir: this TPM and its keys are gone when the process ends");
    return nullptr;
  }
  auto store = std::make_unique<Store>(*options.state_dir);
  if (store->dropped_size() > 0)
    log_line("state directory " + *options.state_dir +
             ": a change that a crash had cut short, and that was never acknowledged, was dropped");
  return store;
}

void startup_clear(TpmService& tpm) {
  constexpr uint8_t kStartup[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x44, 0, 0};
  auto response = tpm.execute(0, kStartup, kRegisterMessageSize, NeverCancelled());
  auto code = load_be<uint32_t>(response.view().subspan(6));
  if (code == 0) return;
  char text[16];
  std::snprintf(text, sizeof text, "0x%x", code);
  throw OperatorError(std::string("--startup=clear: TPM2_Startup failed with ") + text +
                      "; see the lines before this one");
}

vhost_user::Options vhost_user_options(const Options& options, boost::asio::io_context& context) {
  vhost_user::Options out;
  out.socket_path = options.socket_path;
  out.fd = options.fd;
  out.log = log_line;
  // With no other door, nobody could ever come again.
  if (options.swtpm_server.empty() && options.swtpm_ctrl.empty())
    out.on_last_front_end_gone = [&context] { context.stop(); };
  return out;
}

void serve(const Options& options) {
  // Sockets first: what is wrong with them must not leave a new state directory behind.
  auto data_sockets = listen_on(options.swtpm_server, "--swtpm-server");
  auto control_sockets = listen_on(options.swtpm_ctrl, "--swtpm-ctrl");
  HostEntropy entropy;
  HostClock clock;
  Tpm tpm(open_store(options), entropy, clock, options.profile);
  std::optional<trace::TraceFile> trace_file;
  std::optional<trace::TracedTpm> traced_tpm;
  if (options.trace) {
    trace_file.emplace(*options.trace);
    traced_tpm.emplace(tpm, *trace_file,
                       options.trace_secrets ? trace::Secrets::Shown : trace::Secrets::Masked);
  }
  TpmService& service = traced_tpm ? static_cast<TpmService&>(*traced_tpm) : tpm;
  service.power_on();
  if (options.startup_clear) startup_clear(service);

  boost::asio::io_context context(1);
  boost::asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) { context.stop(); });

  std::unique_ptr<vhost_user::Server> vhost_user_server;
  if (options.socket_path || options.fd)
    vhost_user_server = std::make_unique<vhost_user::Server>(context, service,
                                                             vhost_user_options(options, context));
  if (options.socket_path) say("listening vhost-user unix:" + *options.socket_path);
  std::unique_ptr<swtpm::Server> swtpm_server;
  if (!data_sockets.empty() || !control_sockets.empty())
    swtpm_server =
        std::make_unique<swtpm::Server>(context, service, [&context] { context.stop(); });
  for (auto& socket : data_sockets) {
    say("listening swtpm-data " + to_string(socket.endpoint()));
    swtpm_server->serve_data(std::move(socket));
  }
  for (auto& socket : control_sockets) {
    say("listening swtpm-ctrl " + to_string(socket.endpoint()));
    swtpm_server->serve_control(std::move(socket));
  }
  PidFile pid_file(options.pid_file);
  say("ready");
  context.run();
}

int run(int argc, char** argv) {
  auto options = parse_options({argv + 1, argv + argc});
  if (options.help) {
    std::fputs(help_text().c_str(), stdout);
  } else if (options.version) {
    std::puts("vhost-user-tpm " VTPM_VERSION);
  } else if (options.print_capabilities) {
    std::fputs(capabilities_text().c_str(), stdout);
  } else {
    // A client that goes away, and a limit on file sizes, are errors of one call, not our end.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    serve(options);
  }
  return 0;
}

}  // namespace
}  // namespace vtpm::device

int main(int argc, char** argv) {
  try {
    return vtpm::device::run(argc, argv);
  } catch (const vtpm::device::OperatorError& error) {
    vtpm::device::log_line(error.what());
  } catch (const std::exception& error) {
    vtpm::device::log_line(std::string("ended by an unexpected error: ") + error.what());
  }
  return 1;
}
