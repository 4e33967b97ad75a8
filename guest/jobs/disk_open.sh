# SPDX-License-Identifier: Apache-2.0
# Opens the disk of disk_enroll.sh by the TPM alone, where that may fail, and by the passphrase.
export DM_DISABLE_UDEV=1

# read_content NAME: what is on the disk, which is closed again.
read_content() {
  dd if=/dev/mapper/secret bs=4096 count=1 of="/out/$1"
  cryptsetup close secret
}

say 'opening the disk by the TPM'
if cryptsetup open --token-only --token-type systemd-tpm2 /dev/vda secret 2> /out/refusal; then
  read_content by-tpm
fi
say 'opening the disk by the passphrase'
printf 'the passphrase' > passphrase
cryptsetup open --key-file passphrase /dev/vda secret
read_content by-passphrase
