# SPDX-License-Identifier: Apache-2.0
"""The FIFO interface's interrupts, as the IOAPIC's pins see them."""
import machine as qemu
import tpm
from case import Case, Tis, on_both

DATA_AVAILABLE, STATUS_VALID, LOCALITY_CHANGE, COMMAND_READY = 0x01, 0x02, 0x04, 0x80
ENABLE, LOW_LEVEL = 1 << 31, 0x08
ALL = DATA_AVAILABLE | STATUS_VALID | LOCALITY_CHANGE | COMMAND_READY


class Interrupts(Case):
    interface = 'tis'
    line = 5

    def setUp(self):
        super().setUp()
        if not self.machine.intercepting:
            self.machine.intercept_interrupts()
        self.tis = Tis(self.machine)
        self.assertEqual(self.tis.session(), tpm.SUCCESS)
        self.tis.ready()

    def tearDown(self):
        # A reset of the machine does not lower the line of QEMU's device.
        self.acknowledge()

    def enable(self, causes):
        self.tis.set('INT_ENABLE', ENABLE | LOW_LEVEL | causes)

    def causes(self):
        return self.tis.value('INT_STATUS')

    def raised(self):
        return self.machine.interrupt_line(self.line)

    def wait_for(self, causes):
        qemu.poll(self.raised, 'an interrupt')
        # With one of the two causes of a response enabled, QEMU's device notes both.
        self.assertEqual(self.causes() & (ALL if self.ours else causes), causes)

    def acknowledge(self, causes=ALL):
        self.tis.set('INT_STATUS', causes)
        if self.causes() == 0:
            qemu.poll(lambda: not self.raised(), 'the end of the interrupt')

    def assert_quiet(self):
        self.assertEqual((self.causes(), self.raised()), (0, False))


@on_both
class Causes(Interrupts):
    def test_the_vector(self):
        for locality in qemu.LOCALITIES:
            self.assertEqual(Tis(self.machine, locality).value('INT_VECTOR'), self.line)

    def test_nothing_is_enabled_at_first(self):
        for locality in qemu.LOCALITIES:
            self.assertEqual(Tis(self.machine, locality).value('INT_ENABLE'), LOW_LEVEL)
        self.tis.run(tpm.get_random(4))
        self.tis.ready()
        self.assert_quiet()

    def test_only_with_the_global_enable(self):
        self.tis.set('INT_ENABLE', LOW_LEVEL | ALL)
        self.assertEqual(self.tis.value('INT_ENABLE'), LOW_LEVEL | ALL)
        self.tis.run(tpm.get_random(4))
        self.tis.ready()
        self.assert_quiet()

    def test_a_response(self):
        self.enable(DATA_AVAILABLE)
        self.tis.start(tpm.get_random(4))
        self.wait_for(DATA_AVAILABLE)
        self.assertEqual(self.tis.status(), 0x90)
        self.acknowledge()
        self.tis.response()
        self.assertEqual(self.causes() & DATA_AVAILABLE, 0)

    def test_a_response_with_two_causes(self):
        self.enable(DATA_AVAILABLE | STATUS_VALID)
        self.tis.start(tpm.get_random(4))
        self.wait_for(DATA_AVAILABLE | STATUS_VALID)
        self.acknowledge(STATUS_VALID)
        self.assertEqual((self.causes(), self.raised()), (DATA_AVAILABLE, True))
        self.acknowledge(DATA_AVAILABLE)
        self.assert_quiet()

    def test_the_end_of_a_response(self):
        self.enable(STATUS_VALID)
        self.tis.start(tpm.get_random(4))
        self.wait_for(STATUS_VALID)
        self.acknowledge()
        self.tis.get(15)
        self.assert_quiet()
        self.tis.get(1)
        self.wait_for(STATUS_VALID)
        self.acknowledge()

    def test_ready(self):
        self.tis.run(tpm.get_random(4))
        self.enable(COMMAND_READY)
        self.tis.ready()
        self.wait_for(COMMAND_READY)
        self.acknowledge()

    def test_a_locality_change(self):
        self.enable(LOCALITY_CHANGE)
        self.tis.relinquish()
        self.tis.request()
        self.wait_for(LOCALITY_CHANGE)
        self.acknowledge()
        self.assertEqual(self.tis.value('INT_ENABLE'), ENABLE | LOW_LEVEL | LOCALITY_CHANGE)

    def test_a_wait_for_the_locality(self):
        self.enable(LOCALITY_CHANGE)
        other = Tis(self.machine, 3)
        other.seize()
        self.tis.request()
        self.assert_quiet()
        other.relinquish()
        self.wait_for(LOCALITY_CHANGE)
        self.assertTrue(self.tis.granted())
        self.acknowledge()

    def test_the_registers_are_the_active_localitys(self):
        other = Tis(self.machine, 2)
        other.set('INT_ENABLE', ENABLE | ALL)
        self.assertEqual(other.value('INT_ENABLE'), LOW_LEVEL)
        self.enable(DATA_AVAILABLE)
        self.tis.start(tpm.get_random(4))
        self.wait_for(DATA_AVAILABLE)
        other.set('INT_STATUS', ALL)
        self.assertTrue(self.causes() & DATA_AVAILABLE and self.raised())
        self.assertEqual(other.value('INT_STATUS'), 0)
        self.acknowledge()

    def test_enable_by_bytes(self):
        self.tis.write(0x08, DATA_AVAILABLE | LOW_LEVEL, 1)
        self.tis.write(0x0b, 0x80, 1)
        self.assertEqual(self.tis.value('INT_ENABLE'), ENABLE | LOW_LEVEL | DATA_AVAILABLE)
        self.tis.write(0x0a, 0, 2)
        self.assertEqual(self.tis.value('INT_ENABLE'), LOW_LEVEL | DATA_AVAILABLE)
        self.tis.set('INT_ENABLE', 0xffffffff)
        self.assertEqual(self.tis.value('INT_ENABLE'), ENABLE | 0x18 | ALL)

    def test_what_was_enabled_is_gone_with_a_reset(self):
        self.enable(ALL)
        self.machine.reset()
        self.assertEqual(self.tis.value('INT_ENABLE'), LOW_LEVEL)
        self.assertEqual(self.tis.session(), tpm.SUCCESS)
        self.assert_quiet()


@on_both
class AnotherLine(Interrupts):
    properties = ',irq=10'
    line = 10

    def test_it_is_the_line(self):
        self.assertEqual(self.tis.value('INT_VECTOR'), 10)
        self.enable(DATA_AVAILABLE)
        self.tis.start(tpm.get_random(4))
        self.wait_for(DATA_AVAILABLE)
        self.assertFalse(self.machine.interrupt_line(5))
        self.acknowledge()


class OurInterrupts(Interrupts):
    """Beyond what QEMU's device does."""

    def test_the_line_follows_the_enable(self):
        self.enable(DATA_AVAILABLE)
        self.tis.start(tpm.get_random(4))
        self.wait_for(DATA_AVAILABLE)
        self.tis.set('INT_ENABLE', LOW_LEVEL | DATA_AVAILABLE)
        qemu.poll(lambda: not self.raised())
        self.assertEqual(self.causes(), DATA_AVAILABLE)
        self.enable(DATA_AVAILABLE)
        self.wait_for(DATA_AVAILABLE)

    def test_a_reset_lowers_the_line(self):
        self.enable(DATA_AVAILABLE)
        self.tis.start(tpm.get_random(4))
        self.wait_for(DATA_AVAILABLE)
        self.machine.reset()
        qemu.poll(lambda: not self.raised())

    def test_two_localities_share_the_line(self):
        self.enable(LOCALITY_CHANGE)
        other = Tis(self.machine, 1)
        other.seize()
        other.set('INT_ENABLE', ENABLE | LOW_LEVEL | COMMAND_READY)
        self.tis.request()
        other.ready()
        qemu.poll(self.raised)
        other.relinquish()
        self.wait_for(LOCALITY_CHANGE)
        self.tis.set('INT_STATUS', LOCALITY_CHANGE)
        self.assertEqual((self.causes(), other.value('INT_STATUS')), (0, COMMAND_READY))
        self.assertTrue(self.raised())
        self.tis.relinquish()
        other.request()
        other.set('INT_STATUS', COMMAND_READY)
        qemu.poll(lambda: not self.raised())
        other.relinquish()
        self.tis.request()
