#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tpm2-pytss: every command that there is, as programs use it through the ESAPI, good and refused with
# the response code that is expected. What it answers is compared with what Python's cryptography
# computes, and the same checks are run against Debian's swtpm.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"
# shellcheck source=tests/e2e/swtpm_doors.sh
. "$root/tests/e2e/swtpm_doors.sh"
ensure_packages python3-tpm2-pytss python3-cryptography libtss2-tcti-swtpm0 swtpm

# Refusals are expected, and no news.
export TSS2_LOG=all+NONE PYTHONDONTWRITEBYTECODE=1

# Debian's Python, which its packages are for.
client() { /usr/bin/python3 "$root/tests/e2e/pytss/$1.py" "${@:2}"; }

every_command() {
  "${program%/*}/vtpm/vtpm" trace "$work/trace" > "$work/answers" &&
    client coverage "$root/tests/conformance/commands.txt" "$work/answers"
}

new_directory work
daemon_arguments=("--trace=$work/trace")
start_daemon tcp
check_cases 'every command, through the ESAPI' client run
check 'every command has succeeded and has been refused' every_command
check 'the daemon ends when asked' stop_process "$started_pid"

start_reference
REFERENCE_TPM=1 check_cases 'the same of swtpm' client run
stop_process "$started_pid"
checks_summary
