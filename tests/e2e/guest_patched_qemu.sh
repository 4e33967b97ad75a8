#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# QEMU built from Debian's source with our patch series boots the same guest as the unmodified one
# with swtpm. Minutes of building: only in `tools/test --long`.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

if [ "${VTPM_LONG:-0}" != 1 ]; then
  checks_skipped=1
  note 'needs VTPM_LONG=1'
  checks_summary
  exit 0
fi
new_directory work

boot() {
  with_tpm "$1" "$work/state-$1" run_guest ovmf "$work/$1" "$root/guest/jobs/measurements.sh"
}

prepare_guest
for kind in reference patched; do prepare_tpm "$kind"; done
for kind in reference patched; do check "$kind: the guest boots" boot "$kind"; done
for bank in sha256 sha384 sha512; do
  check "the event log replays to the PCRs ($bank)" eventlog_matches "$work/patched" "$bank"
done
check 'PCRs as with swtpm' cmp "$work/patched/pcrs" "$work/reference/pcrs"
check 'event log as with swtpm' cmp "$work/patched/eventlog" "$work/reference/eventlog"
checks_summary
