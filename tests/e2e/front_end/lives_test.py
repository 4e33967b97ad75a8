# SPDX-License-Identifier: Apache-2.0
"""Resets, and back-ends that end, stop or lie while the guest runs."""

import os
import struct

import back_end as fake
from machine import LOC_CTRL, CTRL_REQ, CANCEL, START, STATUS, SECONDS, DEVICE, FrontEndTest


class Lives(FrontEndTest):
    def test_a_machine_reset_resets_the_tpm(self):
        qemu, back_end = self.machine()
        qemu.write(CTRL_REQ, 1)
        for _ in range(3):
            qemu.execute('system_reset')
            back_end.wait_for('reset')
        qemu.write(CTRL_REQ, 2)
        back_end.wait_for((0, CTRL_REQ, 4, 2))

    def test_the_end_of_the_machine_closes_the_connection(self):
        qemu, back_end = self.machine()
        qemu.execute('quit')
        back_end.wait_for('closed')
        self.assertEqual(qemu.process.wait(SECONDS), 0)

    def lost(self, qemu):
        """The guest's driver sees a failed interface, no access blocks, QMP answers."""
        while not qemu.read(STATUS) & 1:
            pass  # the reads take turns with QEMU's main loop
        for locality in range(5):
            page = 0x1000 * locality
            self.assertEqual(qemu.read(page + STATUS) & 1, 1)
            for offset in (LOC_CTRL, CTRL_REQ, CANCEL, START):
                qemu.write(page + offset, 1)
            self.assertEqual(qemu.read(page + START), 0)
        self.assertEqual(qemu.execute('query-status')['return']['status'], 'running')
        qemu.execute('system_reset')
        self.assertEqual(qemu.read(START), 0)
        self.assertEqual(qemu.errors().count('is lost'), 1, qemu.errors())

    def test_a_vanished_back_end(self):
        qemu, back_end = self.machine()
        back_end.close()
        self.lost(qemu)
        self.assertIn('closed the connection', qemu.errors())

    def test_a_back_end_that_vanishes_during_a_command(self):
        class Slow(fake.BackEnd):
            def command(self, command):
                return None

        qemu, back_end = self.machine(Slow, device=DEVICE + ',start-wait-us=1000000')
        qemu.post_write(START, 1)
        back_end.wait_for((0, START, 4, 1))
        back_end.close()
        qemu.answer()
        self.assertEqual(qemu.read(START), 0)
        self.lost(qemu)

    def test_a_back_end_that_says_goodbye(self):
        qemu, back_end = self.machine()
        back_end.say_goodbye(b'the TPM was switched off\x1b[31m')
        self.lost(qemu)
        self.assertIn('the TPM was switched off?[31m', qemu.errors())

    def test_a_back_end_that_does_not_respond(self):
        qemu, back_end = self.machine()
        back_end.carry_out_enabled = False
        qemu.post_write(CTRL_REQ, 1)
        # The guest waits for the entry; its machine does not.
        self.assertEqual(qemu.execute('query-status')['return']['status'], 'running')
        qemu.answer()
        self.assertIn('does not respond', qemu.errors())
        # More than the ring holds: the rest is dropped.
        qemu.write(CTRL_REQ, 2, times=fake.RING_ENTRIES + 9)
        self.assertEqual(back_end.word(fake.PRODUCER, 8), fake.RING_ENTRIES)
        # It comes back, and all is as before.
        back_end.carry_out_enabled = True
        os.write(back_end.kick, struct.pack('<Q', 1))
        back_end.wait_for((0, CTRL_REQ, 4, 1))
        while back_end.word(fake.CONSUMER, 8) != fake.RING_ENTRIES:
            pass
        qemu.write(CTRL_REQ, 3)
        back_end.wait_for((0, CTRL_REQ, 4, 3))
        self.assertEqual(qemu.errors().count('does not respond'), 1)

    def test_a_consumer_that_cannot_be(self):
        qemu, back_end = self.machine()
        back_end.set_word(fake.CONSUMER, 7, 8)
        qemu.write(CTRL_REQ, 1)
        self.lost(qemu)

    def test_a_tpm_that_cannot_be_reset(self):
        class Stubborn(fake.BackEnd):
            reset_acknowledgement = 1

        qemu, _ = self.machine(Stubborn)
        self.lost(qemu)
        self.assertIn('refuses to be reset', qemu.errors())

    def test_no_migration_without_the_tpm(self):
        qemu, _ = self.machine()
        answer = qemu.execute('migrate', uri='exec:cat > /dev/null')
        self.assertIn('the state of the TPM', answer['error']['desc'])
