# SPDX-License-Identifier: Apache-2.0
# An encrypted disk, with a passphrase and two key slots that only the TPM opens in this measured boot,
# one of them with a PIN.
export DM_DISABLE_UDEV=1
say 'formatting an encrypted disk'
printf 'the passphrase' > passphrase
cryptsetup luksFormat --batch-mode --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
  /dev/vda passphrase
say 'enrolling the TPM'
PASSWORD='the passphrase' systemd-cryptenroll --tpm2-device=auto --tpm2-pcrs=0+2+7 /dev/vda
PASSWORD='the passphrase' NEWPIN='the PIN' systemd-cryptenroll --tpm2-device=auto --tpm2-pcrs=7 \
  --tpm2-with-pin=yes /dev/vda
cryptsetup luksDump /dev/vda > /out/luks
cryptsetup open --key-file passphrase /dev/vda secret
head -c 4096 /dev/urandom > /out/content
dd if=/out/content of=/dev/mapper/secret conv=fsync
cryptsetup close secret
sync
