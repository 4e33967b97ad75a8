# SPDX-License-Identifier: Apache-2.0
# Two processors take the TPM from each other and from the driver, at all localities that software
# has: they request, seize, start commands, abandon them and let go. Then the driver goes on.
# Needs the kernel's iomem=relaxed, for the registers are written past the driver.
driver=$(basename "$(readlink /sys/class/tpm/tpm0/device/driver)")
echo "$driver" > /out/driver
tpm2 pcrread > /out/pcrs

# contend FROM: the registers that decide, with bits in turn.
contend() {
  step=$1
  while [ "$step" -lt $(($1 + 300)) ]; do
    page=$((0xfed40000 + 4096 * (step % 4)))
    if [ "$driver" = tpm_crb ]; then
      devmem $((page + 0x08)) 32 $((1 << step / 4 % 3)) # LOC_CTRL
      devmem $((page + 0x40)) 32 $((1 + step / 8 % 2))  # CTRL_REQ
      devmem $((page + 0x4c)) 32 1                      # CTRL_START
    else
      devmem $page 8 $((2 << 2 * (step / 4 % 3)))       # ACCESS
      devmem $((page + 0x18)) 8 0x40                    # STS.commandReady
      devmem $((page + 0x24)) 32 $((step * 65537))      # DATA_FIFO
      devmem $((page + 0x18)) 8 0x20                    # STS.tpmGo
    fi
    step=$((step + 1))
  done
}

# All but the driver let go of the TPM, and ask for it no more.
make_peace() {
  for locality in 3 2 1 0; do
    page=$((0xfed40000 + 4096 * locality))
    if [ "$driver" = tpm_crb ]; then
      devmem $((page + 0x08)) 32 2
    else
      devmem $page 8 0x20
      devmem $page 8 0x10
    fi
  done
}

say 'two processors fight for the TPM'
contend 0 &
first=$!
contend 5 &
taskset -p 1 $first
taskset -p 2 $!
commands=0
while kill -0 $first 2> /dev/null; do
  tpm2 getrandom --hex 8 > /dev/null 2>&1 && commands=$((commands + 1))
done
wait
echo $commands > /out/commands
make_peace
tpm2 getrandom --hex 8 > /out/random
tpm2 pcrread > /out/pcrs-afterwards
tpm2 createprimary -Q -C n -g sha256 -G ecc256 -c key.ctx
