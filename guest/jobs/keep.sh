# SPDX-License-Identifier: Apache-2.0
# Leaves a key in the TPM, and notes what the next boot must find again.
say 'storing a key in the TPM'
tpm2_createprimary -Q -C o -g sha256 -G ecc256 -c srk.ctx
tpm2_evictcontrol -Q -C o -c srk.ctx 0x81000001
tpm2_readpublic -Q -c 0x81000001 -n /out/stored-name
tpm2_createprimary -Q -C o -g sha256 -G rsa2048 -c rsa.ctx
tpm2_readpublic -Q -c rsa.ctx -n /out/derived-name
tpm2_flushcontext -t
tpm2_getcap properties-variable > /out/properties
