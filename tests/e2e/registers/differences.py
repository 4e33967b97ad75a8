# SPDX-License-Identifier: Apache-2.0
"""Where our registers read otherwise than those of QEMU's own devices, and why.

The tests fail for a difference that is not here, and for one here that is none. docs/registers.md
has the same rows; `python3 differences.py` prints them.
"""
import dataclasses
import sys


@dataclasses.dataclass(frozen=True)
class Difference:
    """A field of a register. With `after` only once that register has been written, with `state`
    only there."""
    interface: str
    register: str
    field: str
    ours: object  # a value, or words where there are several
    qemus: object
    why: str
    after: str = ''
    state: str = ''

    def explains(self, interface, found):
        if (self.interface, self.register, self.field) != (interface, found.register, found.field):
            return False
        for told, read in ((self.ours, found.ours), (self.qemus, found.qemus)):
            if isinstance(told, int) and told != read:
                return False
        return self.after in ('', found.after) and self.state in ('', found.state)

    def row(self):
        where = f'{self.register}.{self.field}' if self.field else self.register
        if self.after:
            where += f', after a write to {self.after}'
        if self.state:
            where += f', when {self.state}'
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
    Difference('tis', 'STS', 'burstCount', 4096, 4086,
               'nothing is left in the buffer', state='a response is taken'),
)

BEHAVIOURS = (
    Behaviour('crb', 'pages of localities 1 to 4', 'registers and a buffer each',
              'nothing is there', 'there are five localities',
              'behaviour_test.CrbBehaviourOurs.test_localities'),
    Behaviour('crb', 'data buffer after a reset', 'zeros', 'as it was',
              'it may hold authorization values',
              'behaviour_test.CrbBehaviourOurs.test_a_reset_and_the_buffer'),
    Behaviour('crb', 'cmdReady without a locality', 'ignored', 'taken',
              'the control area is the active locality\'s (PTP 6.5.3)',
              'behaviour_test.CrbBehaviourOurs.test_ready_without_a_locality'),
    Behaviour('crb', 'relinquish while ready', 'tpmIdle', 'ready still',
              'the next locality begins idle',
              'behaviour_test.CrbBehaviourOurs.test_relinquishing_while_ready'),
    Behaviour('crb', 'a command whose size is less than a header', 'TPM_RC_COMMAND_SIZE',
              'START stays 1 with swtpm', 'every START ends',
              'behaviour_test.CrbBehaviourOurs.test_a_size_of_less_than_a_header'),
    Behaviour('crb', 'D-RTM sequence of locality 4, with locality4=on', 'done', 'none',
              'Part 1, clause 31', 'drtm_test.CrbHardware.test_the_event_is_extended'),
    Behaviour('tis', 'a write to the FIFO that goes beyond the command\'s end',
              'the rest is dropped', 'the rest counts as the command',
              'the command is as long as its header says',
              'behaviour_test.TisBehaviourOurs.test_an_access_beyond_the_commands_end'),
    Behaviour('tis', 'the next locality\'s command, after a response that was read',
              'begins at the buffer\'s start', 'begins after as many bytes as were read',
              'nothing of it is another locality\'s',
              'behaviour_test.TisBehaviourOurs.test_the_next_locality_after_a_response'),
    Behaviour('tis', 'a locality that was released with half a command and is active again',
              'idle', 'goes on with the command', 'a release ends the command',
              'behaviour_test.TisBehaviourOurs.test_the_same_locality_again'),
    Behaviour('tis', 'activeLocality and requestUse in one write of the owner, another waits',
              'releases', 'releases and waits', 'software may set one bit in a write (PTP 6.5.2)',
              'behaviour_test.TisBehaviourOurs.test_request_and_release_in_one_write'),
    Behaviour('tis', 'a command whose size is more than 4096',
              'whole with 4096 bytes, an error then', 'Expect until a byte more is written',
              'no driver writes that byte',
              'behaviour_test.TisBehaviourOurs.test_a_size_beyond_the_buffer'),
    Behaviour('tis', 'a read of two bytes at 0x19', 'burstCount', 'two reads of a byte each',
              'what is read at once belongs together',
              'behaviour_test.TisBehaviourOurs.test_a_read_of_burst_count_alone'),
    Behaviour('tis', 'INT_STATUS with one cause of a response enabled', 'that one',
              'dataAvail and stsValid', 'only what is enabled is noted',
              'behaviour_test.TisBehaviourOurs.test_one_of_two_causes'),
    Behaviour('tis', 'interrupt line after a reset', 'low', 'as it was',
              'INT_STATUS is zero', 'behaviour_test.TisBehaviourOurs.test_the_line_and_a_reset'),
    Behaviour('tis', 'interrupt line after INT_ENABLE was cleared', 'low', 'as it was',
              'the line is what INT_ENABLE and INT_STATUS say',
              'tis_interrupts_test.OurInterrupts.test_the_line_follows_the_enable'),
    Behaviour('tis', 'D-RTM sequence of locality 4, with locality4=on', 'done', 'none',
              'Part 1, clause 31', 'drtm_test.TisHardware.test_the_event_is_extended'),
)


def rows(interface):
    return [each.row() for table in (DIFFERENCES, BEHAVIOURS) for each in table
            if each.interface == interface]


if __name__ == '__main__':
    for name in sys.argv[1:] or ('crb', 'tis'):
        print('\n'.join(rows(name)))
