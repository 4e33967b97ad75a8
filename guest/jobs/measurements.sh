# SPDX-License-Identifier: Apache-2.0
# What the firmware and the kernel measured: the PCR values and the event log.
say 'reading PCRs and event log'
# A CRB is its ACPI device, a TIS is at it.
node=/sys/class/tpm/tpm0/device
[ -e $node/path ] || node=$node/firmware_node
cat $node/description > /out/device 2> /dev/null || true
cat $node/path >> /out/device 2> /dev/null || true
grep -r . /sys/class/tpm/tpm0/ppi > /out/ppi || true
cp /sys/kernel/security/tpm0/binary_bios_measurements /out/eventlog
tpm2 getcap pcrs > /out/banks
tpm2 pcrread > /out/pcrs
