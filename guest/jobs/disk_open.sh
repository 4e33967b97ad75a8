# SPDX-License-Identifier: Apache-2.0
# Opens the disk of disk_enroll.sh by the TPM, without and with its PIN, where that may fail, and by
# the passphrase.
export DM_DISABLE_UDEV=1

# by_tpm TOKEN NAME: what was read goes to /out/NAME; why it was not, to /out/NAME.refusal.
by_tpm() {
  say "opening the disk: $2"
  ! cryptsetup open --token-only --token-id "$1" /dev/vda secret 2> "/out/$2.refusal" ||
    read_content "$2"
}

# read_content NAME: what is on the disk, which is closed again.
read_content() {
  dd if=/dev/mapper/secret bs=4096 count=1 of="/out/$1"
  cryptsetup close secret
}

by_tpm 0 by-tpm < /dev/null
echo 'another PIN' | by_tpm 1 by-wrong-pin
tpm2 getcap properties-variable > /out/properties
echo 'the PIN' | by_tpm 1 by-pin
say 'opening the disk by the passphrase'
printf 'the passphrase' > passphrase
cryptsetup open --key-file passphrase /dev/vda secret
read_content by-passphrase
