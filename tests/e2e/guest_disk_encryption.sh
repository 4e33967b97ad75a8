#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A disk encrypted with LUKS, with a key that the guest's systemd-cryptenroll seals to the measured
# boot. The next boot of the machine, through the other front door, opens it by the TPM alone. With
# other firmware, which is measured, only the passphrase helps. With VTPM_LONG=1 also the other way
# round, with another TPM and with swtpm.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

new_directory work

# boot KIND FIRMWARE STATE JOB NAME: the files go to NAME in the results.
boot() {
  with_tpm "$1" "$3" run_guest "$2" "$results/$5" "$root/guest/jobs/disk_$4.sh"
}

refused() {
  cat "$results/$1.refusal"
  [ ! -e "$results/$1" ] && [ -s "$results/$1.refusal" ]
}

refused_but_for_passphrase() {
  refused "$1/by-tpm" && refused "$1/by-pin" && cmp "$results/enroll/content" "$results/$1/by-passphrase"
}

# A wrong PIN is the TPM's to refuse, and to count.
counted_as_attack() { grep 'TPM2_PT_LOCKOUT_COUNTER: 0x1' "$results/$1/properties"; }

# check_disk KIND KIND_LATER FIRMWARE OTHER_FIRMWARE
check_disk() {
  local name=$1,\ $3 results=$work/$1-$3 state=$work/state-$1-$3
  mkdir -p "$results"
  truncate -s 40M "$results/disk"
  guest_more_arguments=(-drive "file=$results/disk,if=none,format=raw,id=disk"
    -device 'virtio-blk-pci,drive=disk')
  check "$name: the guest encrypts a disk and enrolls the TPM" boot "$1" "$3" "$state" enroll enroll
  check "$name: the disk tells of the TPM" grep -q 'systemd-tpm2' "$results/enroll/luks"
  check "$name: the next boot ($2) finds the disk" boot "$2" "$3" "$state" open same
  check "$name: the TPM opens it" cmp "$results/enroll/content" "$results/same/by-tpm"
  check "$name: with the PIN likewise" cmp "$results/enroll/content" "$results/same/by-pin"
  check "$name: not with another PIN" refused same/by-wrong-pin
  check "$name: which counts as an attack" counted_as_attack same
  check "$name: the passphrase opens it too" cmp "$results/enroll/content" "$results/same/by-passphrase"
  check "$name: a boot with $4 finds the disk" boot "$1" "$4" "$state" open other-firmware
  check "$name: only the passphrase opens it" refused_but_for_passphrase other-firmware
  [ "${VTPM_LONG:-0}" = 1 ] || return 0
  check "$name: a boot with another TPM finds the disk" boot "$1" "$3" "$state-other" open other-tpm
  check "$name: only the passphrase opens it" refused_but_for_passphrase other-tpm
}

prepare_disk_guest
for kind in plugin stock; do prepare_tpm "$kind"; done
check_disk plugin stock seabios ovmf
if [ "${VTPM_LONG:-0}" = 1 ]; then
  prepare_tpm reference
  check_disk plugin plugin ovmf seabios
  check_disk stock plugin ovmf seabios
  check_disk reference reference ovmf seabios
fi
checks_summary
