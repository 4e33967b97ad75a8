# SPDX-License-Identifier: Apache-2.0
"""coverage.py COMMANDS TRACE: that every command of tests/conformance/commands.txt that every build has
has succeeded, and has been refused, in what `vtpm trace` printed."""

import re
import sys

# Nothing indicates physical presence to a daemon without a guest.
NEVER_SUCCESSFUL = {"PP_Commands"}


def folded(name):
    return name.replace("_", "").lower()


def implemented(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            match = re.fullmatch(r"[0-9.]+ (\w+)\n", line)
            if match:
                yield match[1]


def main(commands, trace):
    succeeded, refused = set(), set()
    with open(trace, encoding="utf-8") as file:
        for line in file:
            match = re.search(r"TPM2_(\w+) .*-> (TPM_RC_\w+)", line)
            if match:
                (succeeded if match[2] == "TPM_RC_SUCCESS" else refused).add(folded(match[1]))
    names = list(implemented(commands))
    lacking = [f"{name}: never succeeded" for name in names
               if name not in NEVER_SUCCESSFUL and folded(name) not in succeeded]
    lacking += [f"{name}: never refused" for name in names if folded(name) not in refused]
    print(f"{len(names)} commands", *lacking, sep="\n")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
