# SPDX-License-Identifier: Apache-2.0
"""Where our registers read otherwise than those of QEMU's own devices, and why.

The tests fail for a difference that is not here, and for one here that is none. docs/registers.md
has the same rows; `python3 differences.py` prints them.
"""
import dataclasses
import sys


@dataclasses.dataclass(frozen=True)
class Difference:
    """A field of a register; `after`: only once that register has been written."""
    interface: str
    register: str
    field: str
    ours: object  # a value, or words where there are several
    qemus: object
    why: str
    after: str = ''

    def explains(self, interface, found):
        if (self.interface, self.register, self.field) != (interface, found.register, found.field):
            return False
        for told, read in ((self.ours, found.ours), (self.qemus, found.qemus)):
            if isinstance(told, int) and told != read:
                return False
        return not self.after or self.after == found.after

    def row(self):
        where = f'{self.register}.{self.field}' if self.field else self.register
        if self.after:
            where += f', after a write to {self.after}'
        return f'| {where} | {self.ours} | {self.qemus} | {self.why} |'


@dataclasses.dataclass(frozen=True)
class Behaviour:
    """What is not a field's value, and the test that shows it."""
    interface: str
    what: str
    ours: str
    qemus: str
    why: str
    test: str

    def row(self):
        return f'| {self.what} | {self.ours} | {self.qemus} | {self.why} |'


MASKED = 'bits that are reserved are ignored, not the write that has them'

DIFFERENCES = (
    Difference('crb', 'INTF_ID', 'CapLocality', 1, 0, 'there are five localities'),
    Difference('crb', 'INTF_ID', 'CapCRBIdleBypass', 1, 0,
               'commands may follow one another without cmdReady'),
    Difference('crb', 'INTF_ID', 'IntfSelLock', 1, 0, 'the interface cannot be changed'),
    Difference('crb', 'CTRL_CANCEL', 'Cancel', 1, 0, 'the register is read-write (PTP 6.5.3)',
               after='CTRL_CANCEL'),
    Difference('crb', 'CTRL_STS', 'tpmIdle', 'as the request', 'unchanged', MASKED,
               after='CTRL_REQ'),
    Difference('crb', 'CTRL_STS', 'tpmIdle', 0, 1, MASKED, after='CTRL_START'),
    Difference('crb', 'CTRL_STS', 'tpmIdle', 1, 0, 'without a locality nobody is ready',
               after='LOC_CTRL'),
    Difference('crb', 'LOC_STS', 'Granted', 0, 1, MASKED, after='LOC_CTRL'),
    Difference('crb', 'LOC_STATE', 'locAssigned', 0, 1, MASKED, after='LOC_CTRL'),
)

BEHAVIOURS = ()


def rows(interface):
    return [each.row() for table in (DIFFERENCES, BEHAVIOURS) for each in table
            if each.interface == interface]


if __name__ == '__main__':
    for name in sys.argv[1:] or ('crb', 'tis'):
        print('\n'.join(rows(name)))
