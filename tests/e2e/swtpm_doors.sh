# shellcheck shell=bash disable=SC2154 # variables of tools/lib
# SPDX-License-Identifier: Apache-2.0
# The daemon behind swtpm's protocol, for clients of every kind. Sourced, never run, after
# tools/lib/all.sh.

program=${VTPM_BUILD_DIR:-$build_root/release}/device/vhost-user-tpm

daemon_arguments=() # more of the daemon's

# Two neighbouring ports that were free a moment ago: clients want the control channel behind the
# data channel.
two_ports() {
  python3 - << 'END'
import socket
while True:
    first, second = socket.socket(), socket.socket()
    first.bind(("127.0.0.1", 0))
    port = first.getsockname()[1]
    try:
        second.bind(("127.0.0.1", port + 1))
    except (OSError, OverflowError):
        continue
    print(port)
    break
END
}

# start_daemon tcp|unix: with its files in $work; says where it is to tpm2-tss (TPM2TOOLS_TCTI) and,
# of TCP, to IBM's TSS.
start_daemon() {
  local tries port log=$work/daemon.log doors
  for ((tries = 0; tries < 20; tries++)); do
    if [ "$1" = tcp ]; then
      port=$(two_ports)
      doors=("--swtpm-server=tcp:127.0.0.1:$port" "--swtpm-ctrl=tcp:127.0.0.1:$((port + 1))")
      export TPM2TOOLS_TCTI="swtpm:host=127.0.0.1,port=$port"
      export TPM_COMMAND_PORT=$port TPM_PLATFORM_PORT=$((port + 1))
    else
      doors=("--swtpm-server=unix:$work/tpm" "--swtpm-ctrl=unix:$work/tpm.ctrl")
      export TPM2TOOLS_TCTI="swtpm:path=$work/tpm"
    fi
    start "$program" --startup=clear "--state-dir=$work/state" "${daemon_arguments[@]}" "${doors[@]}" > "$log" 2>&1 < /dev/null
    wait_until 30 is_ready "$log" || true
    grep -qx ready "$log" && return
    # Somebody else may have taken a port meanwhile.
    grep -q 'in use' "$log" || die "the daemon did not start: $(cat "$log")"
    forget "$started_pid"
  done
  die "no two neighbouring ports are free"
}

reference_answers() { (: > "/dev/tcp/127.0.0.1/$1") 2> /dev/null || ! kill -0 "$started_pid" 2> /dev/null; }

# start_reference: Debian's swtpm in its place, over TCP.
start_reference() {
  local tries port
  mkdir "$work/reference"
  for ((tries = 0; tries < 20; tries++)); do
    port=$(two_ports)
    start swtpm socket --tpm2 --tpmstate "dir=$work/reference" --server "type=tcp,port=$port" \
      --ctrl "type=tcp,port=$((port + 1))" --flags not-need-init,startup-clear \
      > "$work/reference.log" 2>&1 < /dev/null
    # Its data channel takes one connection only, and it would end with that.
    wait_until 30 reference_answers "$((port + 1))" || true
    kill -0 "$started_pid" 2> /dev/null || continue
    export TPM2TOOLS_TCTI="swtpm:host=127.0.0.1,port=$port"
    return
  done
  die "swtpm did not start: $(cat "$work/reference.log")"
}
