# SPDX-License-Identifier: Apache-2.0
"""All checks, or those that are named, against the TPM that TPM2TOOLS_TCTI says. The last line counts them."""

import os
import sys
import traceback

from tpm2_pytss import ESAPI

from algorithms import ALGORITHMS
from attestation import ATTESTATION
from client import REFERENCE
from management import MANAGEMENT
from newer import NEWER, X509
from nv import NV
from objects import OBJECTS
from policies import POLICIES
from vectors import VECTOR_CHECKS

CHECKS = [*ALGORITHMS, *OBJECTS, *NV, *ATTESTATION, *MANAGEMENT, *POLICIES, *X509]
if not REFERENCE:
    CHECKS += NEWER + VECTOR_CHECKS


def main(names):
    passed = failed = 0
    for each in CHECKS:
        if names and each.__name__ not in names:
            continue
        try:
            with ESAPI(os.environ["TPM2TOOLS_TCTI"]) as tpm:
                each(tpm)
            passed += 1
        except Exception:  # whatever it is
            print(f"{each.__name__}:")
            traceback.print_exc(file=sys.stdout)
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
