# SPDX-License-Identifier: Apache-2.0
# How often each interrupt has come.
say 'counting interrupts'
cat /proc/interrupts > /out/interrupts
