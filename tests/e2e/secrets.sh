#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What was secret is wiped from the daemon's memory once it is used up.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

ensure_packages python3
builds=${VTPM_BUILD_DIR:-$build_root/release}
new_directory work

check 'no authorization value and no sealed data stays in memory' \
  env PYTHONDONTWRITEBYTECODE=1 python3 "$root/tests/e2e/secrets/secrets_test.py" \
  "$builds/device/vhost-user-tpm" "$work"
checks_summary
