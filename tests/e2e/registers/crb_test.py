# SPDX-License-Identifier: Apache-2.0
"""The command/response buffer interface: one locality, its states and its commands."""
import layout
import machine as qemu
import tpm
from case import Case, Crb, on_both

LONG_COMMAND = tpm.create_rsa_primary(3072)


class CrbCase(Case):
    interface = 'crb'

    def driver(self, locality=0):
        driver = Crb(self.machine, locality).request()
        driver.ready()
        return driver

    def started(self, locality=0):
        driver = self.driver(locality)
        self.assertEqual(tpm.code_of(driver.run(tpm.STARTUP)), tpm.SUCCESS)
        return driver


@on_both
class AsQemuExpects:
    """What QEMU's own qtest of tpm-crb expects of its device."""
    interface = 'crb'

    def test_the_registers_after_power_on(self):
        crb = Crb(self.machine)
        interface = crb.fields('INTF_ID')
        for name, value in (('InterfaceType', 1), ('InterfaceVersion', 1), ('CapFIFO', 0),
                            ('CapDataXferSizeSupport', 3), ('CapCRB', 1), ('InterfaceSelector', 1),
                            ('RID', 0)):
            self.assertEqual(interface[name], value, name)
        for name in ('CTRL_CMD_SIZE', 'CTRL_RSP_SIZE'):
            self.assertGreaterEqual(crb.value(name), 128)
        for address in (crb.read(0x5c, 8), crb.read(0x68, 8)):
            self.assertEqual(address, qemu.BASE + layout.CRB_BUFFER)
        self.assert_fields(crb, 'LOC_STATE', tpmEstablished=1, tpmRegValidSts=1)
        self.assertEqual(crb.value('LOC_CTRL'), 0)
        self.assert_fields(crb, 'LOC_STS')
        self.assert_fields(crb, 'CTRL_STS', tpmIdle=1)

    def test_a_command_from_request_to_relinquish(self):
        crb = Crb(self.machine)
        crb.write(0x08, 1, 1)
        self.assert_fields(crb, 'LOC_STS', Granted=1)
        self.assert_fields(crb, 'LOC_STATE', tpmEstablished=1, tpmRegValidSts=1, locAssigned=1)
        crb.ready()
        self.assert_fields(crb, 'CTRL_STS')
        self.assertEqual(crb.run(tpm.STARTUP), bytes.fromhex('80010000000a00000000'))
        self.assertEqual(crb.value('CTRL_START'), 0)
        self.assert_fields(crb, 'CTRL_STS')
        crb.idle()
        self.assert_fields(crb, 'CTRL_STS', tpmIdle=1)
        crb.relinquish()
        self.assert_fields(crb, 'LOC_STS')
        self.assert_fields(crb, 'LOC_STATE', tpmEstablished=1, tpmRegValidSts=1)

    def test_the_commands_of_the_migration_test(self):
        """Extend a PCR and read it."""
        crb = Crb(self.machine)
        self.assertEqual(crb.session(), tpm.SUCCESS)
        digest = bytes(range(32))
        self.assertEqual(tpm.code_of(crb.run(tpm.pcr_extend(10, digest))), tpm.SUCCESS)
        self.assertEqual(tpm.pcr_of(crb.run(tpm.pcr_read(10))), tpm.extended(bytes(32), digest))

    def test_commands_that_really_run(self):
        crb = Crb(self.machine)
        self.assertEqual(crb.session(), tpm.SUCCESS)
        self.assertEqual(tpm.code_of(crb.run(tpm.SELF_TEST)), tpm.SUCCESS)
        first, second = (crb.run(tpm.get_random(32)) for _ in range(2))
        self.assertEqual(len(tpm.random_of(first)), 32)
        self.assertNotEqual(tpm.random_of(first), tpm.random_of(second))


@on_both
class States:
    interface = 'crb'

    def setUp(self):
        super().setUp()
        self.crb = Crb(self.machine)
        self.assertEqual(self.crb.session(), tpm.SUCCESS)

    def assert_works(self):
        self.assertEqual(tpm.code_of(self.crb.run(tpm.get_random(4))), tpm.SUCCESS)

    def test_ready_and_idle_in_odd_orders(self):
        for request, idle in ((Crb.READY, 0), (Crb.READY, 0), (Crb.IDLE, 1), (Crb.IDLE, 1),
                              (Crb.READY, 0), (0, 0), (3, 0), (0xfffffffc, 0), (Crb.IDLE, 1),
                              (3, 1), (Crb.READY, 0)):
            self.crb.set('CTRL_REQ', request)
            self.assert_fields(self.crb, 'CTRL_STS', tpmIdle=idle)
            self.assertEqual(self.crb.value('CTRL_REQ'), 0)
        self.assert_works()

    def test_commands_one_after_the_other(self):
        for _ in range(3):
            self.assert_works()
        self.crb.ready()
        self.assert_works()
        self.crb.idle()
        self.crb.ready()
        self.assert_works()

    def test_a_start_without_ready(self):
        """SeaBIOS does it."""
        self.crb.idle()
        self.assert_works()

    def test_a_start_without_a_locality(self):
        self.crb.relinquish()
        self.crb.start(tpm.get_random(4))
        self.assertEqual(self.crb.value('CTRL_START'), 0)
        self.crb.request()
        self.crb.ready()
        self.assert_works()

    def test_a_cancel_of_nothing(self):
        self.crb.set('CTRL_CANCEL', 1)
        self.crb.set('CTRL_CANCEL', 0)
        self.assert_works()

    def test_a_cancel_ends_the_command(self):
        self.crb.start(LONG_COMMAND)
        self.crb.set('CTRL_CANCEL', 1)
        # It may have ended before.
        self.assertIn(tpm.code_of(self.crb.response()), (tpm.CANCELED, tpm.SUCCESS))
        self.crb.set('CTRL_CANCEL', 0)
        self.assert_works()

    def test_sizes_that_are_wrong(self):
        """Each has a response, and the TPM goes on."""
        whole = tpm.get_random(4)
        for size in (10, 11, 13, 100, 3967, 3968):
            self.crb.ready()
            response = self.crb.run(whole[:2] + size.to_bytes(4, 'big') + whole[6:])
            self.assertNotEqual(tpm.code_of(response), tpm.SUCCESS, size)
            self.assertEqual(len(response), 10)
            self.assert_fields(self.crb, 'CTRL_STS')
            self.assert_works()

    def test_a_reset_of_the_machine(self):
        self.machine.reset()
        self.assert_fields(self.crb, 'LOC_STATE', tpmEstablished=1, tpmRegValidSts=1)
        self.assert_fields(self.crb, 'CTRL_STS', tpmIdle=1)
        self.crb.request()
        self.crb.ready()
        self.assertEqual(tpm.code_of(self.crb.run(tpm.get_random(4))), tpm.INITIALIZE)

    def test_a_reset_while_a_command_runs(self):
        self.crb.start(LONG_COMMAND)
        self.machine.reset()
        self.assertEqual(self.crb.value('CTRL_START'), 0)
        self.assertEqual(self.crb.session(), tpm.SUCCESS)
        self.assert_works()


class OurStates(CrbCase):
    """Beyond what QEMU's device does."""

    def test_the_cancel_register_is_kept(self):
        crb = self.driver()
        for value, read in ((1, 1), (0, 0), (0xffffffff, 1), (0xfffffffe, 0)):
            crb.set('CTRL_CANCEL', value)
            self.assertEqual(crb.value('CTRL_CANCEL'), read)

    def test_a_cancel_that_is_not_cleared_does_not_hit_the_next_command(self):
        crb = self.started()
        crb.set('CTRL_CANCEL', 1)
        self.assertEqual(tpm.code_of(crb.run(tpm.create_rsa_primary(2048))), tpm.SUCCESS)

    def test_a_cancel_before_the_tpm_has_seen_the_start(self):
        crb = self.started()
        with self.machine.stopped_tpm():
            crb.start(LONG_COMMAND)
            self.assertTrue(crb.running())
            crb.set('CTRL_CANCEL', 1)
        self.assertEqual(tpm.code_of(crb.response()), tpm.CANCELED)

    def test_a_start_is_taken_once(self):
        crb = self.started()
        with self.machine.stopped_tpm():
            crb.start(LONG_COMMAND)
            for value, size in ((1, 4), (0, 4), (1, 1), (0xff, 1)):
                crb.write(0x4c, value, size)
                self.assertTrue(crb.running())
            crb.set('CTRL_CANCEL', 1)
        self.assertEqual(tpm.code_of(crb.response()), tpm.CANCELED)
        self.assertEqual(crb.value('CTRL_START'), 0)

    def test_only_bit_0_starts(self):
        crb = self.started()
        crb.put(tpm.get_random(4))
        before = crb.read(layout.CRB_BUFFER)
        for offset, value, size in ((0x4c, 0xfffffffe, 4), (0x4d, 0xff, 1), (0x4e, 0xffff, 2),
                                    (0x4a, 0xffff, 2)):
            crb.write(offset, value, size)
            self.assertEqual(crb.value('CTRL_START'), 0)
            self.assertEqual(crb.read(layout.CRB_BUFFER), before)
            self.assertEqual(self.machine.read_bytes(layout.CRB_BUFFER, 12), tpm.get_random(4))
        crb.write(0x4b, 0x0100, 2)  # the last byte of CTRL_CANCEL and the first of CTRL_START
        self.assertEqual(tpm.code_of(crb.response()), tpm.SUCCESS)

    def test_idle_while_a_command_runs(self):
        crb = self.started()
        with self.machine.stopped_tpm():
            crb.start(LONG_COMMAND)
            crb.idle()
        qemu.poll(crb.is_idle)
        self.assertEqual((crb.value('CTRL_START'), crb.value('CTRL_REQ')), (0, 0))
        crb.ready()
        self.assertEqual(tpm.code_of(crb.run(tpm.get_random(4))), tpm.SUCCESS)

    def test_ready_while_a_command_runs(self):
        crb = self.started()
        with self.machine.stopped_tpm():
            crb.start(LONG_COMMAND)
            crb.ready()
        qemu.poll(lambda: crb.value('CTRL_REQ') == 0)
        self.assertEqual(crb.value('CTRL_START'), 0)
        self.assert_fields(crb, 'CTRL_STS')
        self.assertEqual(tpm.code_of(crb.run(tpm.get_random(4))), tpm.SUCCESS)

    def test_relinquishing_while_a_command_runs(self):
        crb = self.started()
        with self.machine.stopped_tpm():
            crb.start(LONG_COMMAND)
            crb.relinquish()
        qemu.poll(lambda: not crb.granted())
        self.assertEqual(crb.value('CTRL_START'), 0)
        crb.request()
        crb.ready()
        qemu.poll(lambda: crb.value('CTRL_REQ') == 0)
        self.assertEqual(len(tpm.random_of(crb.run(tpm.get_random(8)))), 8)

    def test_what_is_written_after_the_start_is_not_the_command(self):
        crb = self.started()
        crb.start(LONG_COMMAND)
        crb.put(tpm.get_random(4))
        crb.set('CTRL_CANCEL', 1)
        self.assertEqual(tpm.code_of(crb.response()) & ~tpm.CANCELED, 0)

    def test_sizes_that_no_command_has(self):
        crb = self.started()
        whole = tpm.get_random(4)
        for size in (0, 1, 9, 3969, 0x1000, 0x7fffffff, 0xffffffff):
            response = crb.run(whole[:2] + size.to_bytes(4, 'big') + whole[6:])
            self.assertEqual(response, tpm.command(tpm.COMMAND_SIZE))
            self.assert_fields(crb, 'CTRL_STS')

    def test_a_stopped_tpm_stops_nothing_else(self):
        crb = self.started()
        with self.machine.stopped_tpm():
            crb.start(tpm.get_random(16))
            self.assertTrue(crb.running())
            self.assertEqual(crb.fields('LOC_STS')['Granted'], 1)
            self.assertEqual(self.machine.execute('query-status')['status'], 'prelaunch')
        self.assertEqual(len(tpm.random_of(crb.response())), 16)

    def test_more_than_a_stopped_tpm_can_note(self):
        crb = self.started()
        with self.machine.stopped_tpm():
            for _ in range(300):
                crb.idle()
            crb.ready()  # lost: there is no room
            crb.set('CTRL_START', 1)
            self.assertFalse(crb.running())
        self.assert_fields(crb, 'CTRL_STS', tpmIdle=1)
        crb.ready()
        self.assertEqual(tpm.code_of(crb.run(tpm.get_random(4))), tpm.SUCCESS)
