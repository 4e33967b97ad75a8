#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# QEMU built from Debian's source with our patch series boots the same guest as the unmodified one
# with swtpm. Minutes of building: only in `tools/test --long`.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

only_in_long_runs
new_directory work

# boot NAME KIND [PROPERTIES]
boot() {
  tpm_properties=${3:-}
  with_tpm "$2" "$work/state-$1" run_guest ovmf "$work/$1" "$root/guest/jobs/measurements.sh"
}

prepare_guest
for kind in reference patched; do prepare_tpm "$kind"; done
check 'reference: the guest boots' boot reference reference
check 'patched: the guest boots' boot patched patched
check 'tables: the guest boots with those of the back-end' boot tables patched ,acpi=backend
for name in patched tables; do
  for bank in sha256 sha384 sha512; do
    check "$name: the event log replays to the PCRs ($bank)" eventlog_matches "$work/$name" "$bank"
  done
  check "$name: PCRs as with swtpm" cmp "$work/$name/pcrs" "$work/reference/pcrs"
  check "$name: event log as with swtpm" cmp "$work/$name/eventlog" "$work/reference/eventlog"
done
check 'tables: the driver is bound to the device of the back-end' \
  grep -qxF '\_SB_.VTPM' "$work/tables/device"
checks_summary
