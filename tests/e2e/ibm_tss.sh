#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# IBM's TSS and its utilities, which share no code with tpm2-tss: sessions, HMACs, parameter
# encryption, policies and Names as they compute them. Bare commands, and in the framing of
# Microsoft's simulator.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"
# shellcheck source=tests/e2e/swtpm_doors.sh
. "$root/tests/e2e/swtpm_doors.sh"
# shellcheck source=tests/e2e/ibm_tss/tools.sh
. "$root/tests/e2e/ibm_tss/tools.sh"
# shellcheck source=tests/e2e/ibm_tss/keys.sh
. "$root/tests/e2e/ibm_tss/keys.sh"
# shellcheck source=tests/e2e/ibm_tss/sessions.sh
. "$root/tests/e2e/ibm_tss/sessions.sh"
# shellcheck source=tests/e2e/ibm_tss/policies.sh
. "$root/tests/e2e/ibm_tss/policies.sh"
# shellcheck source=tests/e2e/ibm_tss/moves.sh
. "$root/tests/e2e/ibm_tss/moves.sh"
# shellcheck source=tests/e2e/ibm_tss/nv.sh
. "$root/tests/e2e/ibm_tss/nv.sh"
# shellcheck source=tests/e2e/ibm_tss/hierarchies.sh
. "$root/tests/e2e/ibm_tss/hierarchies.sh"
ensure_packages tss2 tpm2-tools libtss2-tcti-swtpm0 openssl python3

# One process uses a session after the other, so that its state is in files; plain, for they are gone
# with this run.
export TPM_INTERFACE_TYPE=socsim TPM_SERVER_NAME=127.0.0.1 TPM_ENCRYPT_SESSIONS=0

# suite TYPE GROUP...: of the framing, "raw" or "mssim".
suite() {
  local group
  framing=$1
  new_directory work
  cd "$work"
  export TPM_SERVER_TYPE=$framing TPM_DATA_DIR=$work/tss
  mkdir "$TPM_DATA_DIR"
  echo 'a message' > message
  echo 'another message' > other
  echo 'a secret' > secret
  start_daemon tcp
  for group in "${@:2}"; do "$group"; done
  check "$framing: the daemon ends when asked" stop_process "$started_pid"
}

suite raw keys sessions policies moves_and_attestation nv hierarchies
suite mssim keys
cd /
checks_summary
