#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One machine, booted four times: after an orderly reboot, and after two that cut off a command that
# the TPM works on. Each boot finds the same PCRs as the first, nothing left in the
# TPM's memory, and a reset count of one more. Then the TPM's process is stopped while the guest uses
# it: the guest waits, or gives the command up where it has no patience, and goes on afterwards. With
# VTPM_LONG=1 also with OVMF, and with stock QEMU and swtpm.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

new_directory work
guest_boots=4

# run_with_companion KIND FIRMWARE RESULTS: the companion must know the TPM's process. QEMU's own
# devices hold up the machine until the TPM has taken note of a command given up, so there it is not
# stopped for that long.
run_with_companion() {
  guest_companion=("$root/tests/e2e/guest/companion.py" --tpm "$tpm_pid"
    --on '\[guest\] reset me' 'stop,reset,continue'
    --on '\[guest\] stop the TPM for a while' 'stop,continue')
  case $1 in
    plugin | patched)
      guest_companion+=(--on '\[guest\] stop the TPM until a command fails' stop
        --on '\[guest\] a command failed' continue)
      ;;
  esac
  run_guest "$2" "$3" "$root/guest/jobs/reboots.sh"
}

# counter FILE NAME: from what tpm2_readclock printed.
counter() { sed -n "s/^ *$2: //p" "$1"; }

counts_one_more() {
  local before after
  before=$(counter "$1/clock" reset_count) after=$(counter "$2/clock" reset_count)
  echo "reset count: $before, then $after; restart count: $(counter "$2/clock" restart_count)"
  [ "$after" = $((before + 1)) ] && [ "$(counter "$2/clock" restart_count)" = 0 ]
}

# at_most COUNT FILE: with the number of commands that failed.
at_most() { echo "$(cat "$2") failed"; [ "$(cat "$2")" -le "$1" ]; }

# check_reboots KIND FIRMWARE
check_reboots() {
  local results=$work/$1-$2 name=$1,\ $2 boot
  for boot in 2 3 4; do
    check "$name, boot $boot: PCRs as at the first" cmp "$results/1/pcrs" "$results/$boot/pcrs"
    check "$name, boot $boot: the event log replays to them" \
      eventlog_matches "$results/$boot" sha256
    check "$name, boot $boot: nothing is left in the TPM's memory" \
      cmp /dev/null "$results/$boot/handles"
    check "$name, boot $boot: the reset count grew by one" \
      counts_one_more "$results/$((boot - 1))" "$results/$boot"
  done
  check "$name: commands wait for a stopped TPM" \
    at_most 0 "$results/4/failed-patiently"
  check "$name: impatient commands fail, and then no more" \
    at_most 3 "$results/4/failed"
  check "$name: PCRs as at the first" cmp "$results/1/pcrs" "$results/4/pcrs-at-the-end"
}

prepare_guest
runs=('plugin seabios')
[ "${VTPM_LONG:-0}" != 1 ] ||
  runs=('reference ovmf' 'reference seabios' 'plugin ovmf' 'plugin seabios' 'stock ovmf')
for run in "${runs[@]}"; do
  read -r kind firmware <<< "$run"
  prepare_tpm "$kind"
  check "$kind, $firmware: the guest boots four times" \
    with_tpm "$kind" "$work/state-$kind-$firmware" \
    run_with_companion "$kind" "$firmware" "$work/$kind-$firmware"
  check_reboots "$kind" "$firmware"
done
checks_summary
