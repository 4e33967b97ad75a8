# SPDX-License-Identifier: Apache-2.0
"""Tests of the QEMU front-end alone, against a back-end that does as it is told.

  python3 run.py PLUGIN.so POKE.bin      an unmodified QEMU with the plugin
  python3 run.py QEMU POKE.bin           a patched QEMU
"""

import os
import sys
import unittest

from machine import Qemu


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    Qemu.subject, Qemu.firmware = (os.path.abspath(path) for path in sys.argv[1:])
    suite = unittest.defaultTestLoader.discover(os.path.dirname(os.path.abspath(__file__)),
                                                '*_test.py')
    result = unittest.TextTestRunner(stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f'{result.testsRun - failed} passed, {failed} failed')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
