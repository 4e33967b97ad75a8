# SPDX-License-Identifier: Apache-2.0
"""The FIFO of TIS: which bytes move without the back-end, and what it may not make of that."""

import os
import struct

import back_end as fake
from machine import FrontEndTest

ACCESS, STS, FIFO, XFIFO = 0x00, 0x18, 0x24, 0x80
ACTIVE = 0x20
VALID, READY, EXPECT = 0x80, 0x40, 0x08
DATA_AVAIL, GO, CANCEL = 0x10, 0x20, 0x01000000
DEVICE = 'vhost-user-tpm-tis,chardev=tpm'


def sts(burst, bits=0):
    return 1 << 26 | burst << 8 | bits


class Tis(fake.BackEnd):
    """Locality 1 is active. The test sets limits; this posts nothing back but the end of a GO."""

    info = (1, 1, 1 << 2, 5, fake.INFO_INTERRUPTS)

    def descriptors(self):
        self.interrupt = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.set_word(0x1000 + ACCESS, 0x80 | ACTIVE)
        self.set_word(0x1000 + STS, sts(4096))
        for locality in (0, 2, 3, 4):
            self.set_word(0x1000 * locality + ACCESS, 0x80)
            self.set_word(0x1000 * locality + STS, 0xffffffff)
        return [self.memory_fd, self.kick, self.call, self.interrupt]

    def carry_out_entry(self, kind, locality, size, offset, value):
        if kind == 1 and offset == STS and value & GO:
            self.set_word(0x1000 * locality + STS, sts(10, DATA_AVAIL))


class Command(Tis):
    """Takes one command of 12 bytes after the other."""

    def descriptors(self):
        self.get_ready()
        return super().descriptors()

    def get_ready(self):
        self.set_word(fake.GENERATION, self.word(fake.GENERATION) + 1)
        self.set_word(fake.WRITE_LIMIT, 1)
        self.set_word(0x1000 + STS, sts(4096, READY))

    def carry_out_entry(self, kind, locality, size, offset, value):
        if kind == 1 and offset == STS and value & READY:
            self.get_ready()
        elif kind == 1 and offset == ACCESS:
            self.set_word(0x1000 + ACCESS, 0x80)
            self.set_word(0x1000 + STS, 0xffffffff)
        elif kind == 2 and value == self.word(fake.GENERATION) << 32 | self.word(fake.WRITE_LIMIT):
            self.set_word(fake.WRITE_LIMIT, 6 if value & 0xffff == 1 else 12)
            self.set_word(0x1000 + STS, sts(4096, VALID | (EXPECT if value & 0xffff < 12 else 0)))

    def stop(self):
        self.carry_out_enabled = False

    def go_on(self):
        self.carry_out_enabled = True
        os.write(self.kick, struct.pack('<Q', 1))


class TisTest(FrontEndTest):
    def machine(self, kind=Tis, device=DEVICE):
        return super().machine(kind, device=device)

    def test_a_command_is_told_of_only_at_its_limits(self):
        qemu, back_end = self.machine()
        back_end.set_word(fake.WRITE_LIMIT, 6)
        qemu.write(0x1000 + FIFO, 0x11, 1)
        qemu.write(0x1000 + XFIFO + 5, 0x3322, 2)
        self.assertEqual(back_end.word(fake.PRODUCER, 8), 0)
        qemu.write(0x1000 + XFIFO + 0x3c, 0x77665544)
        back_end.wait_for(('fifo', 1, 0, 6))
        self.assertEqual(bytes(back_end.memory[fake.COMMAND:fake.COMMAND + 8]),
                         bytes.fromhex('1122334455660000'))
        qemu.write(0x1000 + FIFO, 0x88, 1)
        self.assertEqual(back_end.word(fake.PRODUCER, 8), 1)

    def test_a_response_is_told_of_at_its_end(self):
        qemu, back_end = self.machine()
        back_end.memory[fake.RESPONSE:fake.RESPONSE + 8] = bytes(range(1, 9))
        back_end.set_word(fake.READ_LIMIT, 5)
        self.assertEqual(qemu.read(0x1000 + FIFO, 1), 0x01)
        self.assertEqual(qemu.read(0x1000 + XFIFO, 2), 0x0302)
        self.assertEqual(back_end.word(fake.PRODUCER, 8), 0)
        self.assertEqual(qemu.read(0x1000 + XFIFO), 0xffff0504)
        back_end.wait_for(('fifo', 1, 1, 5))
        self.assertEqual(qemu.read(0x1000 + FIFO, 1), 0xff)
        self.assertEqual(back_end.word(fake.PRODUCER, 8), 1)

    def test_the_burst_count_is_of_what_remains(self):
        qemu, back_end = self.machine()
        back_end.set_word(fake.WRITE_LIMIT, 100)
        qemu.write(0x1000 + FIFO, 0x11, 1, times=9)
        self.assertEqual(qemu.read(0x1000 + STS), sts(4087))
        # A read of one byte must not give 0 for many.
        self.assertEqual(qemu.read(0x1000 + STS + 1, 1), 0xff)
        self.assertEqual(qemu.read(0x1000 + STS + 2, 1), 0)
        back_end.set_word(0x1000 + STS, sts(10, DATA_AVAIL))
        back_end.set_word(fake.READ_LIMIT, 10)
        qemu.read(0x1000 + XFIFO)
        self.assertEqual(qemu.read(0x1000 + STS), sts(6, DATA_AVAIL))
        self.assertEqual(qemu.read(STS), 0xffffffff)

    def test_a_new_generation_begins_anew(self):
        qemu, back_end = self.machine()
        back_end.set_word(fake.WRITE_LIMIT, 4)
        qemu.write(0x1000 + FIFO, 0x01020304)
        back_end.wait_for(('fifo', 1, 0, 4))
        back_end.set_word(fake.GENERATION, 7)
        self.assertEqual(qemu.read(0x1000 + STS), sts(4096))
        qemu.write(0x1000 + FIFO, 0x05060708)
        back_end.wait_for(('fifo', 1, 0, 7 << 32 | 4))

    def test_only_the_active_locality_moves_bytes(self):
        qemu, back_end = self.machine()
        back_end.set_word(fake.WRITE_LIMIT, 4)
        back_end.set_word(fake.READ_LIMIT, 4)
        for locality in (0, 2, 3, 4):
            qemu.write(0x1000 * locality + FIFO, 0x01020304)
            self.assertEqual(qemu.read(0x1000 * locality + FIFO), 0xffffffff)
        self.assertEqual(back_end.word(fake.PRODUCER, 8), 0)

    def test_limits_beyond_the_buffers(self):
        qemu, back_end = self.machine()
        back_end.set_word(fake.WRITE_LIMIT, 0xffffffff)
        back_end.set_word(fake.READ_LIMIT, 0xffffffff)
        qemu.write(0x1000 + FIFO, 0xaaaaaaaa, times=1025)
        back_end.wait_for(('fifo', 1, 0, 4096))
        self.assertEqual(back_end.memory[fake.RESPONSE - 1], 0xaa)
        self.assertEqual(back_end.memory[fake.RESPONSE], 0)
        for _ in range(1024):
            self.assertEqual(qemu.read(0x1000 + FIFO), 0)
        back_end.wait_for(('fifo', 1, 1, 4096))
        self.assertEqual(qemu.read(0x1000 + FIFO), 0xffffffff)

    def test_go_is_held_until_the_response_is_there(self):
        qemu, back_end = self.machine(device=DEVICE + ',start-wait-us=1000000')
        qemu.write(0x1000 + STS, GO)
        self.assertEqual(qemu.read(0x1000 + STS), sts(10, DATA_AVAIL))
        back_end.wait_for((1, STS, 4, GO))

    def test_a_cancel_goes_ahead_of_its_entry(self):
        qemu, back_end = self.machine()
        qemu.write(0x1000 + STS + 3, 1, 1)
        back_end.wait_for((1, STS + 3, 1, 1))
        self.assertEqual(back_end.word(fake.CANCEL + 8, 8), 1)

    def test_what_is_read_only_is_told_to_nobody(self):
        qemu, back_end = self.machine()
        for offset in (0x04, 0x0c, 0x14, 0x1c, 0x20 - 4, 0x34, 0x7c, 0xc0, 0xf00, 0xf04, 0xffc):
            back_end.set_word(0x1000 + offset, 0x12345678)
            qemu.write(0x1000 + offset, 0xffffffff)
            self.assertEqual(qemu.read(0x1000 + offset), 0x12345678)
        self.assertEqual(back_end.word(fake.PRODUCER, 8), 0)

    def test_a_vanished_back_end_leaves_no_tpm(self):
        qemu, back_end = self.machine()
        back_end.set_word(fake.READ_LIMIT, 100)
        back_end.close()
        while qemu.read(0x1000 + ACCESS, 1) != 0xff:
            pass  # the reads take turns with QEMU's main loop
        for offset in (STS, FIFO, XFIFO, 0xf00):
            self.assertEqual(qemu.read(0x1000 + offset), 0xffffffff)
            qemu.write(0x1000 + offset, GO)
        self.assertEqual(qemu.execute('query-status')['return']['status'], 'running')

    def late(self, written):
        """A back-end that has stopped before the guest's write to the FIFO after that many."""
        qemu, back_end = self.machine(Command)
        for byte in range(written):
            qemu.write(0x1000 + FIFO, byte, 1)
        back_end.stop()
        for byte in range(written, 12):
            qemu.write(0x1000 + FIFO, byte, 1)
        self.assertIn('does not respond', qemu.errors())
        return qemu, back_end

    def loses_no_byte(self, written, limits):
        qemu, back_end = self.late(written)
        # Nothing is valid, and the burst count says to wait.
        self.assertEqual(qemu.read(0x1000 + STS), sts(0))
        self.assertEqual(qemu.read(0x1000 + STS, 1), 0)
        self.assertEqual(qemu.read(0x1000 + ACCESS, 1), 0)
        back_end.go_on()
        back_end.wait_for(('fifo', 1, 0, 1 << 32 | limits[0]))
        self.assertEqual(qemu.read(0x1000 + STS), sts(4096 - 12, VALID))
        for limit in limits[1:]:
            back_end.wait_for(('fifo', 1, 0, 1 << 32 | limit))
        self.assertEqual(back_end.word(fake.PRODUCER, 8), 3)
        self.assertEqual(qemu.read(0x1000 + ACCESS, 1), 0x80 | ACTIVE)
        self.assertEqual(bytes(back_end.memory[fake.COMMAND:fake.COMMAND + 12]), bytes(range(12)))

    def test_a_back_end_that_is_late_at_the_first_byte(self):
        self.loses_no_byte(0, [1, 6, 12])

    def test_a_back_end_that_is_late_at_the_size(self):
        self.loses_no_byte(5, [6, 12])

    def test_a_back_end_that_is_late_at_the_last_byte(self):
        self.loses_no_byte(11, [12])

    def test_what_a_late_back_end_is_told_ends_the_command(self):
        qemu, back_end = self.late(0)
        qemu.write(0x1000 + STS, READY)
        self.assertEqual(qemu.read(0x1000 + STS), sts(0))
        back_end.go_on()
        back_end.wait_for((1, STS, 4, READY))
        self.assertEqual(qemu.read(0x1000 + STS), sts(4096, READY))
        qemu.write(0x1000 + XFIFO, 0x04030201)
        back_end.wait_for(('fifo', 1, 0, 2 << 32 | 1))
        self.assertEqual(qemu.read(0x1000 + STS), sts(4096 - 4, VALID | EXPECT))
        self.assertEqual(back_end.memory[fake.COMMAND + 3], 4)

    def test_a_late_back_end_lets_go_of_the_locality(self):
        qemu, back_end = self.late(0)
        qemu.write(0x1000 + ACCESS, ACTIVE)
        self.assertEqual(qemu.read(0x1000 + ACCESS), 0)
        back_end.go_on()
        back_end.wait_for((1, ACCESS, 4, ACTIVE))
        self.assertEqual(qemu.read(0x1000 + ACCESS), 0x80)
        self.assertEqual(qemu.read(0x1000 + STS), 0xffffffff)

    def test_more_bytes_than_a_late_back_end_has_room_for(self):
        qemu, back_end = self.late(0)
        qemu.write(0x1000 + FIFO, 0xaaaaaaaa, times=1025)
        self.assertEqual(back_end.memory[fake.RESPONSE - 1], 0xaa)
        self.assertEqual(back_end.memory[fake.RESPONSE], 0)
        back_end.go_on()
        back_end.wait_for(('fifo', 1, 0, 1 << 32 | 1))
        self.assertEqual(qemu.read(0x1000 + STS), sts(0, VALID))

    def test_a_late_back_end_measures_each_byte(self):
        """In locality 4 there may be a D-RTM sequence, which has no burst count."""
        class Hardware(Command):
            def descriptors(self):
                result = super().descriptors()
                self.set_word(0x1000 + ACCESS, 0x80)
                self.set_word(0x4000 + ACCESS, 0x80 | ACTIVE)
                self.set_word(fake.WRITE_LIMIT, 0)
                return result

        qemu, back_end = self.machine(Hardware, device=DEVICE + ',locality4=on')
        back_end.stop()
        for byte in range(3):
            qemu.write(0x4000 + FIFO, byte, 1)
        back_end.go_on()
        for byte in range(3):
            back_end.wait_for((4, FIFO, 1, byte))

    def test_interrupts_that_are_not_offered(self):
        class Mute(Tis):
            info = (1, 1, 1 << 2, 5, 0)

        class Short(Tis):
            def descriptors(self):
                return super().descriptors()[:3]

        self.refuses('cannot raise interrupts', Mute, device=DEVICE)
        self.path += '2'
        self.refuses('3 descriptors instead of 4', Short, device=DEVICE)
        self.path += '3'
        self.refuses("'irq' must be below 16", Tis, device=DEVICE + ',irq=16')
