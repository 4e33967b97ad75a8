#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tpm2-pytss: the ESAPI as programs use it, for the commands and algorithms that no tool reaches;
# what it answers is compared with what Python's cryptography computes.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"
# shellcheck source=tests/e2e/swtpm_doors.sh
. "$root/tests/e2e/swtpm_doors.sh"
ensure_packages python3-tpm2-pytss python3-cryptography libtss2-tcti-swtpm0

# Debian's, which its packages are for.
client() { /usr/bin/python3 "$root/tests/e2e/pytss_client.py" "$@"; }

new_directory work
start_daemon tcp
while IFS= read -r name; do check "${name//_/ }" client "$name"; done < <(client --list)
check 'the daemon ends when asked' stop_process "$started_pid"
checks_summary
