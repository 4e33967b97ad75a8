# shellcheck shell=bash disable=SC2034,SC2154 # variables shared between the files
# SPDX-License-Identifier: Apache-2.0
# A guest that boots with Secure Boot: OVMF with Microsoft's keys, behind SMM; Debian's shim, GRUB and
# kernel, as they are signed, from a disk.

secure_firmware_code=/usr/share/OVMF/OVMF_CODE_4M.ms.fd
secure_firmware_variables=/usr/share/OVMF/OVMF_VARS_4M.ms.fd
secure_boot_loaders=$cache/secure-boot

# Unpacked but not installed.
fetch_secure_boot_loaders() {
  local work=$secure_boot_loaders.new package
  rm -rf "$work" && mkdir -p "$work" && cd "$work" || return
  if ! apt-cache show shim-signed > /dev/null 2>&1; then apt-get -q update || return; fi
  apt-get -q download shim-signed grub-efi-amd64-signed || return
  for package in *.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x ./usr/lib || return
  done
  mv usr/lib/shim/shimx64.efi.signed bootx64.efi &&
    mv usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed grubx64.efi || return
  rm -rf -- ./*.deb usr "$secure_boot_loaders"
  mv "$work" "$secure_boot_loaders"
}

# prepare_secure_boot_guest: as prepare_guest, for the firmware 'ovmf-secure-boot'.
prepare_secure_boot_guest() {
  prepare_guest
  [ -d "$secure_boot_loaders" ] ||
    run_step "fetching Debian's shim and GRUB" secure-boot.log fetch_secure_boot_loaders ||
    die "without the packages shim-signed and grub-efi-amd64-signed there is no Secure Boot"
}

# add_secure_boot_arguments RUN: QEMU makes a FAT file system of a directory.
add_secure_boot_arguments() {
  local disk=$1/disk
  mkdir -p "$disk/EFI/BOOT" "$disk/EFI/debian"
  cp "$secure_boot_loaders/bootx64.efi" "$secure_boot_loaders/grubx64.efi" "$disk/EFI/BOOT/"
  cp "$kernel" "$disk/vmlinuz"
  cp "$initramfs" "$disk/initrd"
  printf '%s\n' "linux /vmlinuz $guest_command_line" 'initrd /initrd' boot \
    > "$disk/EFI/debian/grub.cfg"
  guest_arguments+=(-machine smm=on -global 'driver=cfi.pflash01,property=secure,value=on'
    -drive "if=none,id=boot,format=raw,readonly=on,file=fat:$disk"
    -device 'virtio-blk-pci,drive=boot,bootindex=0')
}
