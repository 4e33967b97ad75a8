#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The daemon as its operator meets it: what it refuses and how, how it starts and ends, and what
# swtpm_ioctl sees of it.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

ensure_packages swtpm-tools python3
builds=${VTPM_BUILD_DIR:-$build_root/release}
program=$builds/device/vhost-user-tpm
vtpm=$builds/device/vtpm/vtpm
new_directory work
cd "$work"

# run ARGUMENT...: in the background, until it is ready.
run() {
  start "$program" "$@" > daemon.log 2>&1 < /dev/null
  wait_until 30 is_ready daemon.log && grep -qx ready daemon.log
}

has_ended() { ! kill -0 "$started_pid" 2> /dev/null; }

# ends_well COMMAND...: after it the daemon ends by itself, with status 0 and without its sockets.
ends_well() {
  local status=0
  "$@" || return
  wait_until 30 has_ended || return
  wait "$started_pid" || status=$?
  forget "$started_pid"
  [ "$status" = 0 ] && [ ! -e data ] && [ ! -e ctrl ]
}

ctrl() { timeout 30 swtpm_ioctl --unix ctrl "$@"; }
prints() {
  local expected=$1
  shift
  "$@" | tee /dev/stderr | grep -x -- "$expected"
}

doors=(--swtpm-server=unix:data --swtpm-ctrl=unix:ctrl)

check 'no door at all' refused 'give --socket-path' "$program" --state-dir=state
check 'an unknown option' refused "'--nonsense'" "$program" --nonsense
check 'a bad address' refused '--swtpm-server=nowhere' "$program" --swtpm-server=nowhere
check "a state directory in no directory" refused "cannot create" \
  "$program" "${doors[@]}" --state-dir=none/x
touch file
check 'a file as a state directory' refused 'file is not a directory' \
  "$program" "${doors[@]}" --state-dir=file
check 'a file as a socket' refused 'file.*not a socket' "$program" --swtpm-ctrl=unix:file
mkdir other && echo x > other/tpm2-00.permall
check "somebody else's directory" refused 'tpm2-00.permall' \
  "$program" "${doors[@]}" --state-dir=other
check 'none of this left a socket' test ! -e data

check 'a start' run "${doors[@]}" --state-dir=state --startup=clear --pid-file=pid
check 'the process id is written' test "$(cat pid)" = "$started_pid"
check 'the state directory is in use' refused "in use by process $started_pid" \
  "$program" --swtpm-ctrl=unix:ctrl2 --state-dir=state
check 'the socket is in use' refused 'ctrl: it is in use' "$program" --swtpm-ctrl=unix:ctrl
check 'vtpm inspect while it runs' prints "in use        by process $started_pid" \
  "$vtpm" inspect state
check 'swtpm_ioctl: capabilities' prints 'ptm capability is 0x[0-9a-f]*' ctrl -c
check 'swtpm_ioctl: buffer size' prints 'maximum size  : \(4096\|8192\)' ctrl -b 0
check 'swtpm_ioctl: locality' ctrl -l 4
check 'swtpm_ioctl: hash' ctrl -h abc
check 'swtpm_ioctl: established' prints 'tpmEstablished is 1' ctrl -e
check 'swtpm_ioctl: reset established' ctrl -r 3
check 'swtpm_ioctl: not established' prints 'tpmEstablished is 0' ctrl -e
check 'swtpm_ioctl: init' ctrl -i
check 'swtpm_ioctl: stop' ctrl --stop
check 'swtpm_ioctl: init after stop' ctrl -i
check 'it ends when a client says so' ends_well ctrl -s
check 'its process id file is gone' test ! -e pid

check 'a second start' run "${doors[@]}" --state-dir=state
check 'it ends with SIGTERM' ends_well kill -TERM "$started_pid"
check 'a third start' run "${doors[@]}" --state-dir=state
kill -KILL "$started_pid"
wait "$started_pid" 2> /dev/null || true
forget "$started_pid"
check 'a killed one leaves its sockets' test -S data
check 'which the next start replaces' run "${doors[@]}" --state-dir=state
check 'and ends with SIGINT' ends_well kill -INT "$started_pid"

check 'a new TPM with a profile' run "${doors[@]}" --state-dir=modern --profile=no-sha1
check 'which ends' ends_well kill -TERM "$started_pid"
check 'inspect shows the profile' prints 'profile       no-sha1' "$vtpm" inspect modern
check 'another one is refused' refused 'was made with no-sha1' \
  "$program" "${doors[@]}" --state-dir=modern --profile=usual

check 'the state is sound' prints 'health        good' "$vtpm" inspect state
cp -r state damaged
# One byte of the first change, wherever it is: flipped, so that it differs for certain.
python3 -c 'f = open("damaged/state", "r+b"); f.seek(90); b = f.read(1); f.seek(90)
f.write(bytes([b[0] ^ 1]))'
check 'a damaged state' refused 'damaged/state is damaged' \
  "$program" "${doors[@]}" --state-dir=damaged
check 'inspect says so and fails' refuses "$vtpm" inspect damaged
cp -r state cut && truncate -s 100 cut/state
check 'a cut state' refused 'cut/state is cut short' "$program" "${doors[@]}" --state-dir=cut
cp -r state empty && truncate -s 0 empty/state
check 'an empty state' refused 'empty/state is empty' "$program" "${doors[@]}" --state-dir=empty
cp -r state gone && rm gone/state
check 'a missing state' refused 'is missing' "$program" "${doors[@]}" --state-dir=gone
if [ "$(id -u)" = 0 ]; then
  chmod 755 "$scratch" "$work"
  cp -r "$program" program
  check 'a state directory of another user' refused 'state directory .*Permission denied' \
    setpriv --reuid=65534 --regid=65534 --clear-groups ./program --swtpm-server=tcp:127.0.0.1:0 \
    --state-dir=state
  mkdir -m 755 readable && cp state/lock readable && chmod 644 readable/lock
  check 'a directory without write permission' refused 'cannot write to state directory' \
    setpriv --reuid=65534 --regid=65534 --clear-groups ./program --swtpm-server=tcp:127.0.0.1:0 \
    --state-dir=readable
fi
cd /
checks_summary
