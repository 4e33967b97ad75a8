#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The registers as a guest finds them, through QEMU's qtest protocol, with the real back-end: on both
# interfaces, side by side with QEMU's own devices and swtpm. With VTPM_LONG=1 once more in a QEMU
# built with the patch series.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

ensure_packages python3
prepare_tpm plugin
prepare_tpm reference
new_directory work
cases=(env "TMPDIR=$work" PYTHONDONTWRITEBYTECODE=1 python3 "$root/tests/e2e/registers/run.py")

check_cases 'the plugin in the unmodified QEMU' "${cases[@]}" "$plugin" "$(daemon)"
if [ "${VTPM_LONG:-0}" = 1 ]; then
  check_cases 'the patched QEMU' "${cases[@]}" "$("$root/tools/qemu-build")" "$(daemon)"
fi
checks_summary
