#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two processors of a guest fight for the TPM with its registers, past the driver; afterwards the
# driver has a TPM that works, with the same PCRs. As a CRB and as a TIS.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

new_directory work
guest_more_arguments=(-smp 2)
guest_command_line=iomem=relaxed

prepare_guest
prepare_tpm plugin
for tpm_interface in crb tis; do
  results=$work/$tpm_interface
  check "$tpm_interface: the driver goes on after the fight" \
    with_tpm plugin "$work/state-$tpm_interface" \
    run_guest seabios "$results" "$root/guest/jobs/fight.sh"
  check "$tpm_interface: it is that interface's driver" grep -x "tpm_$tpm_interface" "$results/driver"
  check "$tpm_interface: PCRs as before" cmp "$results/pcrs" "$results/pcrs-afterwards"
  check "$tpm_interface: random numbers again" grep -xE '[0-9a-f]{16}' "$results/random"
done
checks_summary
