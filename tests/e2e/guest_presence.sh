#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Physical presence: Linux asks OVMF to clear the TPM, to change its PCR banks and its endorsement
# seed; OVMF does at the next boot, once somebody has pressed the key, and not when told to let it be.
# swtpm is asked the same. Eight boots each: only in `tools/test --long`.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

only_in_long_runs
new_directory work
guest_boots=5

guest_companion=("$root/tests/e2e/guest/companion.py"
  --on '(?s)yes to the next question.*?Press F12 to' 'press:f12'
  --on '(?s)no to the next question.*?Press ESC to' 'press:esc')

# boot KIND
boot() {
  with_tpm "$1" "$work/state-$1" run_guest ovmf "$work/$1" "$root/guest/jobs/presence.sh"
}

# answered RESULTS BOOT OPERATION TEXT: how Linux tells of the last request.
answered() { cat "$1/$2/response"; grep -qi "^$3 .*$4" "$1/$2/response"; }

had_handles() { cat "$1/$2/handles"; [ "$(wc -l < "$1/$2/handles")" = "$3" ]; }
owner_auth_is() { grep "ownerAuthSet: *$3" "$1/$2/properties"; }
same() { cmp "$1/$2/$4" "$1/$3/$4"; }

only_sha256() {
  cat "$1/$2/banks"
  [ "$(grep -c '\[ 0, 1, ' "$1/$2/banks")" = 1 ] && grep -q 'sha256: \[ 0, 1, ' "$1/$2/banks"
}

check_presence() {
  local results=$work/$1
  check "$1: OVMF has cleared the TPM" answered "$results" 2 5 success
  check "$1: no keys and indices of the owner are left" had_handles "$results" 2 0
  check "$1: the owner has no password" owner_auth_is "$results" 2 0
  check "$1: the owner's primary keys are others" refuses same "$results" 1 2 owner-key
  check "$1: the endorsement's are not" same "$results" 1 2 endorsement-key
  check "$1: OVMF has changed the PCR banks" answered "$results" 3 23 success
  check "$1: there is one" only_sha256 "$results" 3
  check "$1: it was measured into" firmware_extended_pcrs "$results/3"
  check "$1: the event log replays to it" eventlog_matches "$results/3" sha256
  check "$1: OVMF has changed the endorsement seed" answered "$results" 4 24 success
  check "$1: its primary keys are others" refuses same "$results" 3 4 endorsement-key
  check "$1: OVMF did not clear the TPM when told not to" answered "$results" 5 5 'user abort'
  check "$1: the key is there still" had_handles "$results" 5 1
}

prepare_guest
for kind in reference plugin stock; do
  prepare_tpm "$kind"
  check "$kind: the guest boots" boot "$kind"
  check_presence "$kind"
done
checks_summary
