# SPDX-License-Identifier: Apache-2.0
# A secret sealed to the measured boot: it opens now, and no more once a PCR has changed.
say 'sealing a secret to PCRs 0, 2, 4 and 7'
head -c 32 /dev/urandom | sha256sum | cut -c1-32 > secret
tpm2 createprimary -Q -C o -g sha256 -G ecc256 -c srk.ctx
tpm2 startauthsession -S trial.ctx
tpm2 policypcr -Q -S trial.ctx -l sha256:0,2,4,7 -L seal.policy
tpm2 flushcontext trial.ctx
tpm2 create -Q -C srk.ctx -g sha256 -u seal.pub -r seal.priv -L seal.policy -i secret \
  -a 'fixedtpm|fixedparent'
tpm2 flushcontext -t
tpm2 load -Q -C srk.ctx -u seal.pub -r seal.priv -c seal.ctx
tpm2 flushcontext -t
cp secret /out/secret
tpm2 unseal -c seal.ctx -p pcr:sha256:0,2,4,7 -o /out/unsealed
tpm2 flushcontext -t
say 'changing PCR 7 and asking for the secret again'
tpm2 pcrextend 7:sha256="$(sha256sum < secret | cut -d' ' -f1)"
if tpm2 unseal -c seal.ctx -p pcr:sha256:0,2,4,7 -o unsealed-again 2> /out/unseal-again; then
  echo 0 > /out/unseal-again-status
else
  echo $? > /out/unseal-again-status
fi
tpm2 flushcontext -t
tpm2 flushcontext -l
