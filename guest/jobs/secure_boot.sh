# SPDX-License-Identifier: Apache-2.0
# What the kernel knows of Secure Boot.
dmesg | grep -i 'secure *boot' > /out/secure-boot
