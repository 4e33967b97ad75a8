# SPDX-License-Identifier: Apache-2.0
"""Register conformance, driven from outside through QEMU's qtest protocol.

  python3 run.py PLUGIN.so DAEMON [TEST...]      an unmodified QEMU with the plugin
  python3 run.py QEMU DAEMON [TEST...]           a patched QEMU

DAEMON is the vhost-user-tpm back-end. The last line counts.
"""
import os
import signal
import sys
import unittest

from case import Case
from machine import Machine

MODULES = ('values_test', 'crb_test', 'crb_localities_test', 'tis_test', 'tis_localities_test',
           'tis_interrupts_test', 'drtm_test', 'behaviour_test')


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    # What was started is to end with this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    Machine.plugin, Machine.daemon = (os.path.abspath(path) for path in sys.argv[1:3])
    suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[3:] or MODULES)
    try:
        result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    finally:
        Case.end_machines()
    failed = len(result.failures) + len(result.errors)
    print(f'{result.testsRun - failed} passed, {failed} failed')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
