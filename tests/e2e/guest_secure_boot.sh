#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A measured boot with Secure Boot on: OVMF with Microsoft's keys in SMM, Debian's shim, GRUB and
# kernel from a disk. What they measured is the same with ours, through either front door, and with
# swtpm, and tells that Secure Boot was on. Only in `tools/test --long`.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

only_in_long_runs
new_directory work
cat "$root"/guest/jobs/{measurements,secure_boot}.sh > "$work/job"

boot() {
  with_tpm "$1" "$work/state-$1" run_guest ovmf-secure-boot "$work/$1" "$work/job"
}

kernel_knows() { cat "$1/secure-boot"; grep -q 'Secure boot enabled' "$1/secure-boot"; }

# The variable SecureBoot is the first thing measured into PCR 7.
log_tells() {
  grep -A 2 'UnicodeName: SecureBoot$' "$1/eventlog.yaml" | grep 'VariableData: "01"'
}

# shim measures into PCR 14, GRUB into 8 and 9.
loaders_measured() {
  local pcr
  for pcr in 8 9 14; do pcr_values "$1/pcrs" sha256 | grep -E "^$pcr 0*[1-9a-f]" || return; done
}

prepare_secure_boot_guest
for kind in reference plugin stock; do
  prepare_tpm "$kind"
  check "$kind: the guest boots" boot "$kind"
  check "$kind: the kernel knows of Secure Boot" kernel_knows "$work/$kind"
  check "$kind: the firmware extended PCRs 0 to 7" firmware_extended_pcrs "$work/$kind"
  check "$kind: shim and GRUB extended theirs" loaders_measured "$work/$kind"
  for bank in sha256 sha384 sha512; do
    check "$kind: the event log replays to the PCRs ($bank)" eventlog_matches "$work/$kind" "$bank"
  done
  check "$kind: the event log tells of Secure Boot" log_tells "$work/$kind"
  [ "$kind" != reference ] || continue
  check "$kind: PCRs as with swtpm" cmp "$work/$kind/pcrs" "$work/reference/pcrs"
  check "$kind: event log as with swtpm" cmp "$work/$kind/eventlog" "$work/reference/eventlog"
done
checks_summary
