# shellcheck shell=bash disable=SC2034,SC2154 # variables shared between the files
# SPDX-License-Identifier: Apache-2.0
# Debian packages: what each task needs, installed only where missing.

packages_build=(g++ meson ninja-build pkg-config ccache libssl-dev libboost1.81-dev
  libboost-program-options1.81-dev nlohmann-json3-dev libgtest-dev valgrind)
packages_guest=(qemu-system-x86 ovmf seabios tpm2-tools libtss2-tcti-device0 busybox-static cpio g++)
packages_disk=(systemd cryptsetup-bin libtss2-esys-3.0.2-0 libtss2-rc0 libtss2-mu0)
packages_reference=(swtpm swtpm-tools)
packages_test=(clang-14 llvm-14 libclang-rt-14-dev clang-format-14 shellcheck
  libtss2-tcti-swtpm0 python3 acpica-tools)

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2> /dev/null)" = installed ]
}

# One at a time; what a package starts does not keep the lock.
install_now() {
  # shellcheck disable=SC2016 # the arguments are the inner shell's
  DEBIAN_FRONTEND=noninteractive flock -o "$cache/packages.lock" \
    sh -c 'apt-get -q update && apt-get -q -y install --no-install-recommends "$@"' sh "$@"
}

# ensure_packages PACKAGE...
ensure_packages() {
  local package missing=()
  for package in "$@"; do is_installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] ||
    die "packages are missing and only root can install them: sudo apt-get install ${missing[*]}"
  run_step "installing ${#missing[@]} packages and what they need" packages.log \
    install_now "${missing[@]}" ||
    die "apt-get could not install ${missing[*]}: is a Debian mirror reachable from this machine?"
}
