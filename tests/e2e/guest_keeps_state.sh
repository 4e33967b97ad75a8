#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A guest stores a key; the machine and the back-end are started anew, through either front door,
# and the key is there, as are the primary keys that the seeds give.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

new_directory work

# boot KIND RESULTS JOB: always with the same state directory.
boot() {
  with_tpm "$1" "$work/state" run_guest seabios "$work/$2" "$root/guest/jobs/$3.sh"
}

prepare_guest
for kind in plugin stock; do prepare_tpm "$kind"; done

check 'a guest stores a key' boot plugin first keep
for kind in plugin stock; do
  check "$kind: the next boot finds it" boot "$kind" "$kind" find
  check "$kind: it is the same key" cmp "$work/first/stored-name" "$work/$kind/stored-name"
  check "$kind: the same primary key comes of the seed" \
    cmp "$work/first/derived-name" "$work/$kind/derived-name"
done
checks_summary
