# SPDX-License-Identifier: Apache-2.0
# An encrypted disk, with a passphrase and a key slot that only the TPM opens in this measured boot.
export DM_DISABLE_UDEV=1
say 'formatting an encrypted disk'
printf 'the passphrase' > passphrase
cryptsetup luksFormat --batch-mode --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
  /dev/vda passphrase
say 'enrolling the TPM'
PASSWORD='the passphrase' systemd-cryptenroll --tpm2-device=auto --tpm2-pcrs=0+2+7 /dev/vda
cryptsetup luksDump /dev/vda > /out/luks
cryptsetup open --key-file passphrase /dev/vda secret
head -c 4096 /dev/urandom > /out/content
dd if=/out/content of=/dev/mapper/secret conv=fsync
cryptsetup close secret
sync
