#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The guest suspends to RAM and the host wakes it. The TPM loses its power and is started again from
# what it saved: PCRs, contexts of objects and sessions, locks and properties are as they were, and
# its restart count tells of it. With VTPM_LONG=1 also with SeaBIOS, and swtpm is asked the same.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

new_directory work
guest_companion=("$root/tests/e2e/guest/companion.py" --wake 1)

# boot KIND FIRMWARE
boot() {
  with_tpm "$1" "$work/state-$1-$2" run_guest "$2" "$work/$1-$2" "$root/guest/jobs/sleep.sh"
}

# same RESULTS NAME: before and after the sleep.
same() { diff "$1/$2.before" "$1/$2.after"; }

# Whether the TPM was last stopped in order is a property too, and tells of what was before each.
same_properties() {
  diff <(grep -v 'orderly:' "$1/properties.before") <(grep -v 'orderly:' "$1/properties.after") &&
    grep 'orderly: *1' "$1/properties.after"
}

# counter RESULTS NAME WHEN: from what tpm2_readclock printed.
counter() { sed -n "s/^ *$2: //p" "$1/clock.$3"; }

# grew RESULTS NAME BY
grew() {
  local before after
  before=$(counter "$1" "$2" before) after=$(counter "$1" "$2" after)
  echo "$2: $before, then $after"
  [ "$after" = $((before + $3)) ]
}

# The TPM was safe all the while, and its clock went on.
clock_went_on() {
  cat "$1/clock.before" "$1/clock.after"
  grep -q 'safe: yes' "$1/clock.after" &&
    [ "$(counter "$1" clock before)" -le "$(counter "$1" clock after)" ]
}

nv_write_was_refused() { cat "$1/nvwrite"; grep -qi 'NV.*lock' "$1/nvwrite"; }
tests_passed() { cat "$1/testresult"; grep -qi 'success' "$1/testresult"; }
slept_deeply() { cat "$1/mem_sleep" "$1/dmesg"; grep -q '\[deep\]' "$1/mem_sleep"; }

# check_sleep KIND FIRMWARE
check_sleep() {
  local results=$work/$1-$2 name=$1,\ $2
  check "$name: the guest slept (S3)" slept_deeply "$results"
  check "$name: the PCRs are as before" same "$results" pcrs
  check "$name: the properties are as before" same_properties "$results"
  check "$name: an object's context from before is good" same "$results" object
  check "$name: the persistent key is there" same "$results" persistent
  check "$name: the NV index is locked as before" same "$results" nv
  check "$name: it cannot be written" nv_write_was_refused "$results"
  check "$name: a session and an object from before open the secret" cmp "$results/secret" "$results/unsealed"
  check "$name: the self tests passed" tests_passed "$results"
  check "$name: the reset count stays" grew "$results" reset_count 0
  check "$name: the restart count grows by one" grew "$results" restart_count 1
  check "$name: the clock went on" clock_went_on "$results"
}

prepare_guest
runs=('plugin ovmf')
[ "${VTPM_LONG:-0}" != 1 ] ||
  runs=('reference ovmf' 'reference seabios' 'plugin ovmf' 'plugin seabios' 'stock ovmf')
for run in "${runs[@]}"; do
  read -r kind firmware <<< "$run"
  prepare_tpm "$kind"
  check "$kind, $firmware: the guest sleeps and wakes" boot "$kind" "$firmware"
  check_sleep "$kind" "$firmware"
done
checks_summary
