# SPDX-License-Identifier: Apache-2.0
# A quote of PCRs 0 to 7 over the nonce that the host gave, by a restricted signing key.
say 'creating an attestation key and quoting PCRs 0 to 7'
tpm2 createprimary -Q -C e -g sha256 -G ecc256:ecdsa-sha256:null -c ak.ctx \
  -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign'
tpm2 readpublic -Q -c ak.ctx -f pem -o /out/ak.pem
tpm2 quote -Q -c ak.ctx -g sha256 -l sha256:0,1,2,3,4,5,6,7 -q "$(cat $fw_cfg/nonce/raw)" \
  -m /out/quote.msg -s /out/quote.sig -o /out/quote.pcrs
tpm2 flushcontext -t
