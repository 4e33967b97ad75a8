# SPDX-License-Identifier: Apache-2.0
"""What differences.py tells of the devices' behaviour, seen on both; and what only ours can."""
import os
import unittest

import layout
import machine as qemu
import tpm
from case import Case, Crb, StartedTis, Tis, on_both
from differences import BEHAVIOURS, rows

VALID, READY, EXPECT = 0x80, 0x40, 0x08
NO_REGISTER = 0xffffffff


class Both:
    """Each test is named by a row of differences.py."""

    def assert_differ(self, seen, ours, qemus):
        self.assertEqual(seen, ours if self.ours else qemus)


@on_both
class CrbBehaviour(Both):
    interface = 'crb'

    def test_localities(self):
        page = Crb(self.machine, 1).request()
        page.put(b'buffer')
        data = self.machine.read_bytes(page.page + layout.CRB_BUFFER, 6)
        self.assert_differ((page.value('LOC_STATE'), page.value('LOC_STS'), data),
                           (0x87, 1, b'buffer'), (0, 0, bytes(6)))

    def test_a_reset_and_the_buffer(self):
        crb = Crb(self.machine)
        crb.put(b'buffer')
        self.machine.reset()
        data = self.machine.read_bytes(layout.CRB_BUFFER, 6)
        self.assert_differ(data, bytes(6), b'buffer')

    def test_ready_without_a_locality(self):
        crb = Crb(self.machine)
        crb.ready()
        self.assert_differ(crb.is_idle(), True, False)

    def test_relinquishing_while_ready(self):
        crb = Crb(self.machine).request()
        crb.ready()
        crb.relinquish()
        self.assert_differ(crb.is_idle(), True, False)

    def test_a_size_of_less_than_a_header(self):
        crb = Crb(self.machine)
        self.assertEqual(crb.session(), tpm.SUCCESS)
        crb.start(b'\x80\x01' + (9).to_bytes(4, 'big') + bytes(4))
        if self.ours:
            self.assertEqual(tpm.code_of(crb.response()), tpm.COMMAND_SIZE)
        else:
            # It would not end; that it has not yet says little, but that it says nothing else does.
            self.assertTrue(crb.running())
            self.end_machine()


@on_both
class TisBehaviour(Both, StartedTis):
    def test_an_access_beyond_the_commands_end(self):
        command = tpm.get_random(4)
        self.tis.ready()
        self.tis.put(command[:10])
        self.tis.write(layout.FIFO, 0xffff0400, 4)
        self.assertEqual(self.tis.status(), VALID)
        self.assert_differ(self.tis.burst_count(), 4096 - 12, 4096 - 14)
        self.tis.go()
        self.assert_differ(tpm.code_of(self.tis.response()), tpm.SUCCESS, tpm.COMMAND_SIZE)

    def test_the_next_locality_after_a_response(self):
        self.tis.relinquish()
        other = Tis(self.machine, 1).request()
        other.ready()
        self.assert_differ(other.burst_count(), 4096, 4096 - 10)

    def test_the_same_locality_again(self):
        self.tis.ready()
        self.tis.put(tpm.STARTUP[:4])
        self.tis.relinquish()
        self.tis.request()
        self.assert_differ(self.tis.status(), 0, VALID | EXPECT)

    def test_request_and_release_in_one_write(self):
        other = Tis(self.machine, 2).request()
        self.tis.set('ACCESS', Tis.ACTIVE | Tis.REQUEST)
        self.assertTrue(other.granted())
        self.assert_differ(self.tis.fields('ACCESS')['requestUse'], 0, 1)

    def test_a_size_beyond_the_buffer(self):
        self.tis.ready()
        self.tis.put(b'\x80\x01' + (4097).to_bytes(4, 'big') + b'\0\0\x01\x7b')
        self.tis.put(bytes(4096 - 10), 2)
        self.assert_differ(self.tis.status(), VALID, VALID | EXPECT)

    def test_a_read_of_burst_count_alone(self):
        self.assert_differ(self.tis.read(0x19, 2), 4096, 0x00ff)

    def test_one_of_two_causes(self):
        self.tis.set('INT_ENABLE', 1 << 31 | 1)
        self.tis.start(tpm.get_random(4))
        self.tis.wait_for_data()
        qemu.poll(lambda: self.tis.value('INT_STATUS'))
        self.assert_differ(self.tis.value('INT_STATUS'), 1, 3)
        self.tis.set('INT_STATUS', 3)

    def test_the_line_and_a_reset(self):
        if not self.machine.intercepting:
            self.machine.intercept_interrupts()
        self.tis.set('INT_ENABLE', 1 << 31 | 1)
        self.tis.start(tpm.get_random(4))
        qemu.poll(lambda: self.machine.interrupt_line(5))
        self.machine.reset()
        if self.ours:
            qemu.poll(lambda: not self.machine.interrupt_line(5))
        else:
            self.assertTrue(self.machine.interrupt_line(5))
            self.end_machine()


class OurTis(StartedTis):
    def whole(self, command):
        self.tis.ready()
        self.tis.put(command, 4)

    def test_a_stopped_tpm_stops_nothing_else(self):
        self.whole(tpm.get_random(16))
        with self.machine.stopped_tpm():
            self.tis.go()
            self.assertEqual(self.tis.value('STS') & ~0xffff00, 0x04000080)
            self.assertTrue(self.tis.granted())
            self.assertIn('status', self.machine.execute('query-status'))
        self.assertEqual(len(tpm.random_of(self.tis.response())), 16)

    def test_a_cancel_before_the_tpm_has_seen_the_command(self):
        self.whole(tpm.create_rsa_primary(3072))
        with self.machine.stopped_tpm():
            self.tis.go()
            self.tis.set('STS', Tis.CANCEL)
        self.assertEqual(tpm.code_of(self.tis.response()), tpm.CANCELED)
        self.assert_works()

    def test_ready_before_the_tpm_has_seen_the_command(self):
        self.whole(tpm.create_rsa_primary(3072))
        with self.machine.stopped_tpm():
            self.tis.go()
            self.tis.ready()
        qemu.poll(lambda: self.tis.status() == READY)
        self.assert_works()

    def assert_waits(self):
        """Neither register is valid, and no byte is asked for."""
        self.assertEqual((self.tis.status(), self.tis.burst_count()), (0, 0))
        self.assertEqual(self.tis.value('ACCESS'), 0)

    def test_bytes_while_the_tpm_is_stopped_are_the_commands(self):
        command = tpm.get_random(4)
        for size in (1, 2, 4):
            for before in (0, 4, len(command) - size):
                self.tis.ready()
                self.tis.put(command[:before], size)
                with self.machine.stopped_tpm():
                    self.tis.put(command[before:], size)
                    self.assert_waits()
                qemu.poll(lambda: self.tis.status() == VALID)
                self.tis.go()
                self.assertEqual(len(tpm.random_of(self.tis.response())), 4)

    def test_part_of_a_command_while_the_tpm_is_stopped(self):
        command = tpm.get_random(4)
        for end in range(1, len(command)):
            self.tis.ready()
            with self.machine.stopped_tpm():
                self.tis.put(command[:end])
                self.assert_waits()
            qemu.poll(lambda: self.tis.status() == VALID | EXPECT)
            self.assertEqual(self.tis.burst_count(), 4096 - end)
            self.tis.put(command[end:])
            self.assertEqual(self.tis.status(), VALID)
            self.tis.go()
            self.assertEqual(len(tpm.random_of(self.tis.response())), 4)

    def test_another_command_while_the_tpm_is_stopped(self):
        self.tis.ready()
        self.tis.put(tpm.get_random(4)[:3])
        with self.machine.stopped_tpm():
            self.tis.put(tpm.get_random(4)[3:])
            self.tis.ready()
            self.assert_waits()
        self.assertEqual((self.tis.status(), self.tis.burst_count()), (READY, 4096))
        self.assert_works()

    def test_a_locality_that_is_let_go_of_while_the_tpm_is_stopped(self):
        with self.machine.stopped_tpm():
            self.tis.relinquish()
            self.assertFalse(self.tis.granted())
            self.tis.request()
        self.assertTrue(self.tis.granted())
        self.assert_works()

    def test_a_response_is_read_while_the_tpm_is_stopped(self):
        self.whole(tpm.get_random(16))
        self.tis.go()
        self.tis.wait_for_data()
        with self.machine.stopped_tpm():
            response = self.tis.get(28, 4)
            self.assertEqual(tpm.size_of(response), 28)
            self.assert_waits()
        self.assertEqual(self.tis.status(), VALID)

    def test_a_seizure_before_the_tpm_has_seen_the_command(self):
        winner = Tis(self.machine, 3)
        self.whole(tpm.create_rsa_primary(3072))
        with self.machine.stopped_tpm():
            self.tis.go()
            winner.seize()
        self.assertTrue(winner.granted())
        self.assertEqual(self.tis.value('STS'), NO_REGISTER)
        winner.ready()
        qemu.poll(lambda: winner.status() == READY)
        self.assertEqual(len(tpm.random_of(winner.run(tpm.get_random(5)))), 5)

    def test_accesses_of_eight_bytes(self):
        self.assertEqual(self.machine.read(0x08, 8), 0x0000000500000008)
        self.assertEqual(self.machine.read(0x14, 8) & 0xffffffff, self.tis.value('INTF_CAPABILITY'))
        self.tis.ready()
        command = tpm.get_random(4)
        self.tis.write(layout.XFIFO, int.from_bytes(command[:8], 'little'), 8)
        self.assertEqual(self.tis.burst_count(), 4096 - 8)
        self.tis.put(command[8:], 4)
        self.tis.go()
        self.tis.wait_for_data()
        header = self.machine.read(layout.XFIFO, 8).to_bytes(8, 'little')
        self.assertEqual(tpm.size_of(header), 16)
        self.assertEqual(self.tis.burst_count(), 8)

    def test_accesses_that_straddle(self):
        other = Tis(self.machine, 1)
        self.machine.write(0xfff, Tis.REQUEST << 8, 2)
        self.assertEqual(other.fields('ACCESS')['requestUse'], 1)
        self.assertEqual(self.machine.read(0xffe, 4), other.value('ACCESS') << 16 | 0xffff)
        self.tis.ready()
        self.tis.write(layout.FIFO - 2, 0x0180ffff, 4)  # two bytes of HASH_END, two of the FIFO
        self.assertEqual((self.tis.status(), self.tis.burst_count()), (VALID | EXPECT, 4094))

    def test_an_access_beyond_the_last_locality(self):
        for size in (2, 4, 8):
            for back in range(1, size):
                self.machine.write(0x5000 - back, (1 << 8 * size) - 1, size)
                self.machine.read(0x5000 - back, size)
        self.assert_works()


class Lost:
    """The TPM's process is killed: the guest's driver gives up, and nothing else stops."""

    def test_during_a_command(self):
        driver = self.driver(self.machine)
        self.assertEqual(driver.session(), tpm.SUCCESS)
        driver.start(tpm.create_rsa_primary(3072))
        self.machine.settling = False
        self.machine.tpm.kill()
        qemu.poll(lambda: self.failed(driver))
        for offset in range(0, 0x100, 4):
            driver.write(offset, 0xffffffff)
        self.assertTrue(self.failed(driver))
        self.machine.reset()
        self.assertTrue(self.failed(driver))
        self.assertIn('status', self.machine.execute('query-status'))
        self.end_machine()


class CrbLost(Lost, Case):
    interface = 'crb'
    driver = Crb

    def failed(self, crb):
        return crb.fields('CTRL_STS')['tpmSts'] == 1 and not crb.running()


class TisLost(Lost, Case):
    interface = 'tis'
    driver = Tis

    def failed(self, tis):
        """As where no TPM is."""
        return tis.value('ACCESS') == 0xff and tis.value('STS') == NO_REGISTER


class Table(unittest.TestCase):
    def test_the_document_has_the_same_rows(self):
        here = os.path.dirname(os.path.abspath(__file__))
        with open(f'{here}/../../../docs/registers.md', encoding='utf-8') as document:
            lines = document.read().splitlines()
        ends = [number for number, line in enumerate(lines) if line == '|---|---|---|---|']
        self.assertEqual(len(ends), 2)
        for interface, start in zip(('crb', 'tis'), ends):
            end = lines.index('', start)
            self.assertEqual(lines[start + 1:end], rows(interface))

    def test_each_row_has_its_test(self):
        loader = unittest.TestLoader()
        for row in BEHAVIOURS:
            loader.loadTestsFromName(row.test)
        self.assertEqual(loader.errors, [])
