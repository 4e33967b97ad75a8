#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A trace of what tpm2-tools do, as `vtpm trace` and as Wireshark show it.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

ensure_packages tpm2-tools libtss2-tcti-swtpm0 tshark
builds=${VTPM_BUILD_DIR:-$build_root/release}
program=$builds/device/vhost-user-tpm
vtpm=$builds/device/vtpm/vtpm
new_directory work
cd "$work"

# run ARGUMENT...: in the background, until it is ready.
run() {
  start "$program" --swtpm-server="unix:$work/tpm" --swtpm-ctrl="unix:$work/tpm.ctrl" \
    --startup=clear "$@" > daemon.log 2>&1 < /dev/null
  wait_until 30 is_ready daemon.log && grep -qx ready daemon.log
}

stop() {
  kill -TERM "$started_pid" && wait "$started_pid" && forget "$started_pid"
}

# An owner's password, data under it, the wrong password, and the data again.
use_secrets() {
  export TPM2TOOLS_TCTI="swtpm:path=$work/tpm"
  printf 'sealed-text' > data
  tpm2_changeauth -c owner owner-password && tpm2_createprimary -Q -C o -P owner-password -c primary &&
    tpm2_create -Q -C primary -p item-password -i data -u item.pub -r item.priv &&
    tpm2_load -Q -C primary -u item.pub -r item.priv -c item &&
    ! tpm2_unseal -c item -p wrong && tpm2_unseal -c item -p item-password | cmp - data
}

secrets=(owner-password item-password sealed-text wrong)

# has_secret FILE NAME: wherever it is in the file.
has_secret() { grep -qaF "$2" "$1"; }
hides_all() {
  local each
  for each in "${secrets[@]}"; do ! has_secret "$1" "$each" || return; done
}

lines() { "$vtpm" trace trace > text && cat text && grep -qE "$1" text; }
packets() { tshark -r trace -Y "$1" > packets 2> tshark.log && cat packets && [ -s packets ]; }

check 'a start with a trace' run --trace=trace
check 'secrets are used' use_secrets
check 'the end' stop
check 'the trace is for its owner only' test "$(stat -c %a trace)" = 600
check 'a command with its handle and its answer' \
  lines '  0  TPM2_Unseal 8[0-9a-f]{7} -> TPM_RC_SUCCESS \([0-9.]+ ms\)$'
check 'a failure with its place' lines 'TPM2_Unseal .* -> TPM_RC_AUTH_FAIL, session 1 '
check 'as many answers as commands' test "$(grep -c 'not answered' text)" = 0
check 'no secret is in it' hides_all trace
check 'Wireshark sees the command' packets 'tpm.req.cc == 0x15e'
check 'and the failure' packets 'tpm.resp.rc == 0x98e'
check 'and nothing that is malformed' test -z "$(tshark -r trace -Y _ws.malformed 2> tshark.log)"

check 'a start with a trace of secrets' run --trace=trace --trace-secrets
check 'the same secrets' use_secrets
check 'the end of that' stop
check 'data in clear is in it' has_secret trace sealed-text

head -c 1000 trace > short-trace
check 'a trace that is cut short' refuses "$vtpm" trace short-trace
check 'a file that is no trace' refuses "$vtpm" trace data
checks_summary
