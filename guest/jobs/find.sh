# SPDX-License-Identifier: Apache-2.0
# What keep.sh left, and the key that the same seed must give again.
say 'looking for the key'
tpm2_readpublic -Q -c 0x81000001 -n /out/stored-name
tpm2_createprimary -Q -C o -g sha256 -G rsa2048 -c rsa.ctx
tpm2_readpublic -Q -c rsa.ctx -n /out/derived-name
tpm2_flushcontext -t
tpm2_getcap properties-variable > /out/properties
