#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The QEMU front-end alone: a guest's accesses, a back-end that stops, vanishes or lies. With
# VTPM_LONG=1 once more in a QEMU built with the patch series.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

here=$root/tests/e2e/front_end
plugin=$("$root/tools/qemu-plugin")
new_directory work
cc -m32 -c "$here/poke.S" -o "$work/poke.o"
ld -m elf_i386 -Ttext 0 --oformat binary -o "$work/poke.bin" "$work/poke.o"
cases=(env PYTHONDONTWRITEBYTECODE=1 python3 "$here/run.py")

# The version in a copy of the plugin is changed to one of the same length that is not installed.
refuses_another_qemu() {
  local version
  version=$(dpkg-query -W -f='${source:Version}' qemu-system-x86)
  LC_ALL=C sed "s/$version/${version%?}x/g" "$plugin" > "$work/other.so"
  LD_PRELOAD=$work/other.so qemu-system-x86_64 --version 2>&1 | grep 'built for QEMU .*x, this one'
}

check 'the plugin refuses another QEMU' refuses_another_qemu
check 'the plugin does nothing to other programs' env LD_PRELOAD="$plugin" LD_BIND_NOW=1 true
check_cases 'the plugin in the unmodified QEMU' "${cases[@]}" "$plugin" "$work/poke.bin"
if [ "${VTPM_LONG:-0}" = 1 ]; then
  check_cases 'the patched QEMU' "${cases[@]}" "$("$root/tools/qemu-build")" "$work/poke.bin"
fi
checks_summary
