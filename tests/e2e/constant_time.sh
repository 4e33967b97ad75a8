#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Authorization values, HMACs and RSA paddings are compared without a trace in time: valgrind watches
# what depends on them.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

ensure_packages valgrind
builds=${VTPM_BUILD_DIR:-$build_root/release}

# The leaks of the test that makes some on purpose are part of valgrind's report.
check 'no secret decides what is done' \
  valgrind --quiet --error-limit=no "$builds/tests/constant_time/constant_time_test"
checks_summary
