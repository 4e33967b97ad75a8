# SPDX-License-Identifier: Apache-2.0
# What only somebody at the machine may do to the TPM: each boot asks the firmware for something, and
# the next one looks at what it did. The host reads what to answer to the firmware's question.
ppi=/sys/class/tpm/tpm0/ppi

# ask OPERATION[ PARAMETER] ANSWER: at the next boot.
ask() {
  say "asking for $1; $2 to the next question"
  echo "$1" > $ppi/request
  cat $ppi/request > /out/request
  echo 'reboot -f' > /tmp/farewell
}

say "boot $boot"
cat $ppi/version $ppi/transition_action > /out/version
cat $ppi/response > /out/response
cat $ppi/tcg_operations > /out/operations
cp /sys/kernel/security/tpm0/binary_bios_measurements /out/eventlog
tpm2 getcap pcrs > /out/banks
tpm2 pcrread > /out/pcrs
tpm2 getcap properties-variable > /out/properties
tpm2 getcap handles-persistent > /out/handles
tpm2 getcap handles-nv-index >> /out/handles
tpm2 createprimary -Q -C o -g sha256 -G ecc256 -c owner.ctx
tpm2 readpublic -Q -c owner.ctx -n /out/owner-key
tpm2 createprimary -Q -C e -g sha256 -G ecc256 -c endorsement.ctx
tpm2 readpublic -Q -c endorsement.ctx -n /out/endorsement-key

case $boot in
  1)
    tpm2 evictcontrol -Q -C o -c owner.ctx 0x81000001
    tpm2 nvdefine -Q -C o -s 8 0x01800001
    tpm2 changeauth -Q -c o 'the owner'
    ask 5 yes # clear
    ;;
  2) ask '23 2' yes ;; # the SHA-256 bank only
  3) ask 24 yes ;;     # a new endorsement seed
  4)
    tpm2 evictcontrol -Q -C o -c owner.ctx 0x81000001
    ask 5 no
    ;;
esac
