# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Everything in this folder: `. tools/lib/all.sh`.
library=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=tools/lib/common.sh
. "$library/common.sh"
# shellcheck source=tools/lib/packages.sh
. "$library/packages.sh"
# shellcheck source=tools/lib/build.sh
. "$library/build.sh"
# shellcheck source=tools/lib/guest.sh
. "$library/guest.sh"
# shellcheck source=tools/lib/disk.sh
. "$library/disk.sh"
# shellcheck source=tools/lib/secure_boot.sh
. "$library/secure_boot.sh"
# shellcheck source=tools/lib/tpm.sh
. "$library/tpm.sh"
# shellcheck source=tools/lib/checks.sh
. "$library/checks.sh"
