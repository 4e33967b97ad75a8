#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The daemon is killed at random moments while what it must keep changes; nothing that it had
# acknowledged may be missing afterwards. VTPM_LONG=1 makes it a campaign.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

ensure_packages python3
builds=${VTPM_BUILD_DIR:-$build_root/release}
kills=300
[ "${VTPM_LONG:-0}" = 0 ] || kills=5000
new_directory work

check "$kills kills" env PYTHONDONTWRITEBYTECODE=1 python3 \
  "$root/tests/e2e/kill9/kill9_test.py" "$builds/device/vhost-user-tpm" "$work" "$kills"
check 'the state is sound afterwards' "$builds/device/vtpm/vtpm" inspect "$work/state"
checks_summary
