# SPDX-License-Identifier: Apache-2.0
"""What becomes of a guest's accesses to a CRB."""

import back_end as fake
from machine import BASE, LOC_CTRL, CTRL_REQ, CANCEL, START, BUFFER, DEVICE, FrontEndTest


class Accesses(FrontEndTest):
    def test_reads_see_the_pages(self):
        qemu, back_end = self.machine()
        for locality in range(5):
            page = locality * 0x1000
            back_end.set_word(page + 0x30, 0x11223344 + locality)
            self.assertEqual(qemu.read(page + 0x30), 0x11223344 + locality)
            self.assertEqual(qemu.read(page + 0x31, 2), 0x2233)
            self.assertEqual(qemu.read(page + 0x33, 1), 0x11)

    def test_the_buffer_is_stored_and_told_to_nobody(self):
        qemu, back_end = self.machine()
        qemu.write(0x2000 + BUFFER + 1, 0xa1b2c3d4)
        qemu.write(0x3ffc, 0x01020304)
        self.assertEqual(qemu.read(0x2000 + BUFFER + 1), 0xa1b2c3d4)
        self.assertEqual(back_end.word(0x3ffc), 0x01020304)
        self.assertEqual(back_end.word(fake.PRODUCER, 8), 0)

    def test_read_only_registers_ignore_writes(self):
        qemu, back_end = self.machine()
        for offset in (0x00, 0x0c, 0x30, 0x38, 0x44, 0x58, 0x5c, 0x64, 0x6c, 0x7c):
            qemu.write(offset, 0xffffffff)
            self.assertEqual(qemu.read(offset), 0)
        self.assertEqual(back_end.word(fake.PRODUCER, 8), 0)

    def test_control_writes_are_posted_and_carried_out_before_the_guest_goes_on(self):
        qemu, back_end = self.machine(device=DEVICE + ',locality4=on')
        for locality, offset, size, value in ((0, LOC_CTRL, 4, 1), (4, CTRL_REQ, 4, 2),
                                              (2, 0x50, 4, 3), (0, 0x54, 4, 4), (1, CTRL_REQ + 1, 1, 0xab), (3, LOC_CTRL, 2, 0x1234)):
            before = back_end.word(fake.CONSUMER, 8)
            qemu.write(locality * 0x1000 + offset, value, size)
            self.assertEqual(back_end.word(fake.CONSUMER, 8), before + 1)
            back_end.wait_for((locality, offset, size, value))

    def test_locality_4_is_not_the_guests(self):
        qemu, back_end = self.machine()
        for offset in (LOC_CTRL, 0x20, 0x24, 0x28, CTRL_REQ, CANCEL, START, BUFFER):
            qemu.write(0x4000 + offset, 1)
        self.assertEqual(back_end.word(fake.PRODUCER, 8), 0)
        self.assertEqual(back_end.word(0x4000 + BUFFER), 0)
        back_end.set_word(0x4030, 0x1234)
        self.assertEqual(qemu.read(0x4030), 0x1234)

    def qtest(self):
        """Accesses whole, as they were asked for, with a device's attributes: TCG splits those of
        the processor that are not aligned, and a device's are not waited for asleep."""
        back_end = self.back_end()
        qemu = self.qemu('-qtest', 'stdio')
        back_end.wait_for('reset')

        def write(offset, value, kind='l'):
            qemu.process.stdin.write(f'write{kind} {BASE + offset:#x} {value:#x}\n'.encode())
            qemu.process.stdin.flush()
            self.assertEqual(qemu.process.stdout.readline(), b'OK\n')

        return write, back_end

    def test_a_device_may_write_too(self):
        write, back_end = self.qtest()
        write(CTRL_REQ, 1)
        back_end.wait_for((0, CTRL_REQ, 4, 1))

    def test_accesses_are_split_at_words(self):
        write, back_end = self.qtest()
        write(0x7e, 0x44332211)  # two bytes of nothing, two of the buffer
        self.assertEqual(back_end.word(0x7c), 0)
        self.assertEqual(back_end.word(BUFFER), 0x4433)
        write(CTRL_REQ - 1, 0x44332211)  # one byte of nothing, three of CTRL_REQ
        back_end.wait_for((0, CTRL_REQ, 2, 0x3322))
        back_end.wait_for((0, CTRL_REQ + 2, 1, 0x44))
        write(LOC_CTRL, 0x1122334455667788, 'q')  # LOC_CTRL, and LOC_STS, which is read-only
        back_end.wait_for((0, LOC_CTRL, 4, 0x55667788))
        self.assertEqual(back_end.word(0x0c), 0)

    def test_an_access_across_localities(self):
        write, back_end = self.qtest()
        write(0xffe, 0x44332211)
        self.assertEqual(back_end.word(0xffe, 2), 0x2211)
        self.assertEqual(back_end.word(0x1000), 0)

    def test_start_runs_the_command(self):
        qemu, _ = self.machine(device=DEVICE + ',start-wait-us=1000000')
        qemu.write(BUFFER, 0x64636261)
        qemu.write(START, 1)
        # It was held until the end of the command: no polling.
        self.assertEqual(qemu.read(START), 0)
        self.assertEqual(qemu.read(BUFFER), int.from_bytes(b'resp', 'little'))
        self.assertEqual(qemu.read(BUFFER + 12), 0x64636261)

    def test_a_long_command_is_left_to_run(self):
        class Slow(fake.BackEnd):
            def command(self, command):
                return None

        qemu, back_end = self.machine(Slow)
        qemu.write(START, 1)
        self.assertEqual(qemu.read(START), 1)
        qemu.write(START, 1)  # it runs already
        qemu.write(START + 1, 1, 1)  # not the bit
        qemu.write(START, 0)
        self.assertEqual(back_end.word(fake.PRODUCER, 8), 1)
        qemu.write(CANCEL, 1)
        back_end.wait_for((0, CANCEL, 4, 1))
        self.assertEqual(back_end.word(fake.CANCEL, 8), 2)
        back_end.set_word(START, 0)
        self.assertEqual(qemu.read(START), 0)

    def test_the_ring_goes_round(self):
        qemu, back_end = self.machine()
        qemu.write(CTRL_REQ, 1, times=2 * fake.RING_ENTRIES + 3)
        qemu.write(CTRL_REQ, 2)
        self.assertEqual(back_end.word(fake.CONSUMER, 8), 2 * fake.RING_ENTRIES + 4)
        back_end.wait_for((0, CTRL_REQ, 4, 2))
