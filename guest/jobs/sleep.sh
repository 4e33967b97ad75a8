# SPDX-License-Identifier: Apache-2.0
# Suspends to RAM, until the host wakes the machine. What the TPM must have kept: PCRs, an object's
# and a session's context, a persistent key, an NV index locked for this boot, its properties.

# What can be seen of the TPM goes to /out/NAME.AS.
look() {
  tpm2 pcrread > "/out/pcrs.$1"
  tpm2 readclock > "/out/clock.$1"
  tpm2 getcap properties-variable > "/out/properties.$1"
  tpm2 nvreadpublic 0x01800001 > "/out/nv.$1"
  tpm2 readpublic -Q -c srk.ctx -n "/out/object.$1"
  tpm2 readpublic -Q -c 0x81000001 -n "/out/persistent.$1"
}

say 'filling the TPM before it sleeps'
head -c 32 /dev/urandom | sha256sum | cut -c1-32 > /out/secret
tpm2 pcrextend "14:sha256=$(sha256sum < /out/secret | cut -d' ' -f1)"
tpm2 createprimary -Q -C o -g sha256 -G ecc256 -c srk.ctx
tpm2 evictcontrol -Q -C o -c srk.ctx 0x81000001
tpm2 startauthsession -S trial.ctx
tpm2 policypcr -Q -S trial.ctx -l sha256:0,7,14 -L seal.policy
tpm2 flushcontext trial.ctx
tpm2 create -Q -C srk.ctx -g sha256 -u seal.pub -r seal.priv -L seal.policy -i /out/secret \
  -a 'fixedtpm|fixedparent'
tpm2 load -Q -C srk.ctx -u seal.pub -r seal.priv -c seal.ctx
tpm2 startauthsession -S policy.ctx --policy-session
tpm2 nvdefine -Q -C o -s 8 -a 'ownerread|ownerwrite|authread|authwrite|write_stclear' 0x01800001
echo 7bytes. | tpm2 nvwrite -Q -C o -i - 0x01800001
tpm2 nvwritelock -Q -C o 0x01800001
look before

cat /sys/power/mem_sleep > /out/mem_sleep
say 'suspending to RAM'
echo mem > /sys/power/state
say 'awake again'
dmesg | grep -iE 'tpm|PM: |ACPI: (PM|EC|sleep)' > /out/dmesg || true

look after
tpm2 gettestresult > /out/testresult
tpm2 policypcr -Q -S policy.ctx -l sha256:0,7,14
tpm2 unseal -c seal.ctx -p session:policy.ctx -o /out/unsealed
tpm2 flushcontext policy.ctx
tpm2 create -Q -C 0x81000001 -g sha256 -G ecc256 -u key.pub -r key.priv
if echo 7bytes. | tpm2 nvwrite -Q -C o -i - 0x01800001 2> /out/nvwrite; then
  echo 'the index was written in spite of its lock'
  false
fi
