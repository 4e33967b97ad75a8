# SPDX-License-Identifier: Apache-2.0
# Four boots in one machine. What ends each: an orderly reboot; one of the kernel's emergencies, and
# a reset by the host, each while the TPM works on a command; and being done, after the host has
# stopped the TPM's process twice.
say "boot $boot"
cp /sys/kernel/security/tpm0/binary_bios_measurements /out/eventlog
tpm2 pcrread > /out/pcrs
tpm2 readclock > /out/clock
tpm2 getcap handles-transient > /out/handles
tpm2 getcap handles-loaded-session >> /out/handles

# ask TIMES COMMAND...: again and again. What failed is said, and counted in /out/failed.
ask() {
  left=$1 failed=0
  shift
  while [ "$left" -gt 0 ]; do
    say "$left commands to go"
    "$@" > /dev/null || { failed=$((failed + 1)) && say 'a command failed'; }
    left=$((left - 1))
  done
  echo $failed > /out/failed
}

case $boot in
  1) echo 'reboot -f' > /tmp/farewell ;;
  2)
    # Several keys' generation takes longer than a shell needs to go on.
    cat > /tmp/farewell << 'END'
for key in 1 2 3 4; do tpm2 createprimary -Q -G rsa2048 -c /tmp/$key.ctx & done
echo b > /proc/sysrq-trigger
END
    ;;
  3) echo 'say "reset me"; while :; do say "asking"; tpm2 readclock; done' > /tmp/farewell ;;
  4)
    # The kernel waits two minutes for these,
    say 'stop the TPM for a while'
    ask 40 tpm2 readclock
    mv /out/failed /out/failed-patiently
    # and two seconds for this.
    say 'stop the TPM until a command fails'
    ask 60 tpm2 getrandom --hex 8
    tpm2 pcrread > /out/pcrs-at-the-end
    ;;
esac
