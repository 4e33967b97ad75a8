# shellcheck shell=bash disable=SC2034,SC2154 # variables shared between the files
# SPDX-License-Identifier: Apache-2.0
# A guest with an encrypted disk: what it needs beyond the ordinary initramfs.

# Each after those that it depends on.
disk_modules=(virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk
  dm-mod dm-crypt ecb xts)

# make_disk_initramfs KERNEL_DIRECTORY OUTPUT: an archive to append to the ordinary one.
make_disk_initramfs() {
  local kernel_directory=$1 output=$2 tree module program library libraries number=10
  tree=$(mktemp -d "$cache/disk.XXXXXX") || return
  mkdir -p "$tree/bin" "$tree/lib/modules/more"
  for module in "${disk_modules[@]}"; do
    install -m 644 "$kernel_directory/modules/$module.ko" \
      "$tree/lib/modules/more/$((number++))-$module.ko" || return
  done
  for program in systemd-cryptenroll cryptsetup; do
    program=$(PATH=$PATH:/usr/sbin:/sbin command -v "$program") || return
    install "$program" "$tree/bin/" && copy_with_libraries "$tree" "$program" || return
  done
  # These are loaded by name, when the programs need them.
  libraries=$(ldconfig -p | sed -n 's/.*libtss2-\(esys\|rc\|mu\|tcti-device\)\.so\.0 .* => //p') || return
  for library in $libraries /usr/lib/x86_64-linux-gnu/cryptsetup/libcryptsetup-token-systemd-tpm2.so; do
    install -D "$library" "$tree${library#/usr}" && copy_with_libraries "$tree" "$library" || return
  done
  (cd "$tree" && find . | LC_ALL=C sort | cpio -o -H newc --reproducible --owner=0:0 --quiet) |
    gzip -n -6 > "$output.new" || return
  rm -rf "$tree"
  mv "$output.new" "$output"
}

# prepare_disk_guest: as prepare_guest, for a guest that opens encrypted disks.
prepare_disk_guest() {
  local more kernel_directory
  ensure_packages "${packages_disk[@]}"
  prepare_guest
  kernel_directory=$(dirname "$kernel")
  more=$scratch/disk.gz
  run_step "making the initramfs for an encrypted disk" disk-initramfs.log \
    make_disk_initramfs "$kernel_directory" "$more" || die "it could not be made"
  cat "$initramfs" "$more" > "$scratch/initramfs"
  initramfs=$scratch/initramfs
}
