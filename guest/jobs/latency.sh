# SPDX-License-Identifier: Apache-2.0
# How long commands take through /dev/tpm0.
say 'timing commands'
tpm_latency /dev/tpm0 "$(cat $fw_cfg/samples/raw)" > /out/latency
