# SPDX-License-Identifier: Apache-2.0
"""Tests of the QEMU front-end alone, against a back-end that does as it is told.

  python3 front_end_test.py PLUGIN.so POKE.bin      an unmodified QEMU with the plugin
  python3 front_end_test.py QEMU POKE.bin           a patched QEMU

The guest is poke.S: its processor reads and writes what the tests ask it to.
"""

import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

import back_end as fake

BASE = 0xfed40000
LOC_CTRL, CTRL_REQ, CANCEL, START, STATUS, BUFFER = 0x08, 0x40, 0x48, 0x4c, 0x44, 0x80
SECONDS = 120
DEVICE = 'vhost-user-tpm-crb,chardev=tpm'


class Qemu:
    """A machine whose processor does what read() and write() say."""

    subject = None
    firmware = None

    def __init__(self, directory, arguments):
        environment = dict(os.environ)
        program = 'qemu-system-x86_64'
        if self.subject.endswith('.so'):
            environment['LD_PRELOAD'] = self.subject
        else:
            program = self.subject
        self.paths = {name: os.path.join(directory, name) for name in ('qmp', 'serial')}
        self.error_path = os.path.join(directory, 'stderr')
        with open(self.error_path, 'w', encoding='utf-8') as errors:
            self.process = subprocess.Popen(
                [program, '-machine', 'q35,accel=tcg', '-nodefaults', '-display', 'none',
                 '-L', '/usr/share/seabios', '-L', '/usr/share/qemu', '-bios', self.firmware,
                 '-qmp', f'unix:{self.paths["qmp"]},server=on,wait=off',
                 '-serial', f'unix:{self.paths["serial"]},server=on,wait=off', *arguments],
                env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        self.qmp = self.serial = None

    def connect(self):
        self.qmp = self._connect('qmp').makefile('rw')
        self.serial = self._connect('serial')
        json.loads(self.qmp.readline())
        self.execute('qmp_capabilities')

    def _connect(self, name):
        end = socket.socket(socket.AF_UNIX)
        end.settimeout(SECONDS)
        while True:
            try:
                end.connect(self.paths[name])
                return end
            except OSError:
                if self.process.poll() is not None:
                    raise AssertionError(self.errors()) from None
                threading.Event().wait(0.01)

    def execute(self, command, **arguments):
        json.dump({'execute': command, 'arguments': arguments}, self.qmp)
        self.qmp.write('\n')
        self.qmp.flush()
        while True:
            answer = json.loads(self.qmp.readline())
            if 'event' not in answer:
                return answer

    def post(self, request):
        self.serial.sendall(request)

    def answer(self):
        data = b''
        while len(data) < 4:
            more = self.serial.recv(4 - len(data))
            if not more:
                raise AssertionError('the guest is gone: ' + self.errors())
            data += more
        return int.from_bytes(data, 'little')

    def read(self, offset, size=4):
        self.post(struct.pack('<BI', size, BASE + offset))
        return self.answer()

    def post_write(self, offset, value, size=4, times=1):
        self.post(struct.pack('<BIII', 0x80 | size, BASE + offset, value, times))

    def write(self, offset, value, size=4, times=1):
        self.post_write(offset, value, size, times)
        self.answer()

    def errors(self):
        with open(self.error_path, encoding='utf-8', errors='replace') as file:
            return file.read()

    def ends(self):
        """For a QEMU that should refuse to start: what it said."""
        status = self.process.wait(SECONDS)
        if status != 1:
            raise AssertionError(f'exit status {status}: {self.errors()}')
        return self.errors()

    def close(self):
        for end in (self.qmp, self.serial):
            if end:
                end.close()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.kill()
        self.process.wait()


class FrontEndTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix='vtpm.')
        self.addCleanup(shutil.rmtree, self.directory)
        self.path = os.path.join(self.directory, 'tpm')

    def back_end(self, kind=fake.BackEnd):
        back_end = kind(self.path)
        self.addCleanup(back_end.close)
        return back_end

    def qemu(self, *more, device=DEVICE):
        chardev = ['-chardev', f'socket,id=tpm,path={self.path}']
        qemu = Qemu(self.directory, [*chardev, '-device', device, *more])
        self.addCleanup(qemu.close)
        return qemu

    def machine(self, kind=fake.BackEnd, **options):
        """A machine that runs, with the TPM's first reset behind it."""
        back_end = self.back_end(kind)
        qemu = self.qemu(**options)
        qemu.connect()
        back_end.wait_for('reset')
        return qemu, back_end

    def refuses(self, words, kind=fake.BackEnd, **options):
        self.back_end(kind)
        self.assertRegex(self.qemu(**options).ends(), words)


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
        qemu.write(0x4ffc, 0x01020304)
        self.assertEqual(qemu.read(0x2000 + BUFFER + 1), 0xa1b2c3d4)
        self.assertEqual(back_end.word(0x4ffc), 0x01020304)
        self.assertEqual(back_end.word(fake.PRODUCER, 8), 0)

    def test_read_only_registers_ignore_writes(self):
        qemu, back_end = self.machine()
        for offset in (0x00, 0x0c, 0x30, 0x38, 0x44, 0x50, 0x54, 0x58, 0x5c, 0x64, 0x6c, 0x7c):
            qemu.write(offset, 0xffffffff)
            self.assertEqual(qemu.read(offset), 0)
        self.assertEqual(back_end.word(fake.PRODUCER, 8), 0)

    def test_control_writes_are_posted_and_carried_out_before_the_guest_goes_on(self):
        qemu, back_end = self.machine()
        for locality, offset, size, value in ((0, LOC_CTRL, 4, 1), (4, CTRL_REQ, 4, 2),
                                              (1, CTRL_REQ + 1, 1, 0xab), (3, LOC_CTRL, 2, 0x1234)):
            before = back_end.word(fake.CONSUMER, 8)
            qemu.write(locality * 0x1000 + offset, value, size)
            self.assertEqual(back_end.word(fake.CONSUMER, 8), before + 1)
            back_end.wait_for((locality, offset, size, value))

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


class Refusals(FrontEndTest):
    def test_a_second_tpm(self):
        self.back_end()
        qemu = self.qemu('-chardev', f'socket,id=tpm2,path={self.path}',
                         '-device', 'vhost-user-tpm-crb,chardev=tpm2')
        self.assertIn('at most one TPM device', qemu.ends())

    def test_no_chardev(self):
        self.refuses("'chardev' property is required", device='vhost-user-tpm-crb')

    def test_properties_out_of_range(self):
        for name in ('spin-us=51', 'start-wait-us=1000001'):
            path = self.path
            self.path = path + name
            self.refuses('must not exceed', device=f'{DEVICE},{name}')
            self.path = path

    def test_a_chardev_that_is_not_a_socket(self):
        self.back_end()
        qemu = self.qemu('-chardev', 'null,id=none', device='vhost-user-tpm-crb,chardev=none')
        self.assertIn("chardev 'none' is not a socket", qemu.ends())

    def test_a_chardev_that_reconnects(self):
        self.back_end()
        qemu = self.qemu('-chardev', f'socket,id=again,path={self.path},reconnect=1',
                         device='vhost-user-tpm-crb,chardev=again')
        self.assertIn("chardev 'again' must not reconnect", qemu.ends())

    def test_only_migratable(self):
        self.back_end()
        self.assertIn('the state of the TPM', self.qemu('-only-migratable').ends())

    def test_a_peer_that_speaks_something_else(self):
        class Chatty(fake.BackEnd):
            def answer(self, request, payload):
                self.connection.sendall(b'HTTP/1.1 400 Bad Request\r\n\r\n')

        self.refuses('does not speak the vhost-user-tpm protocol', Chatty)

    def test_a_peer_that_hangs_up(self):
        class Closing(fake.BackEnd):
            def answer(self, request, payload):
                self.connection.shutdown(socket.SHUT_RDWR)

        self.refuses('closed the connection', Closing)

    def test_a_silent_peer(self):
        class Silent(fake.BackEnd):
            def answer(self, request, payload):
                return None

        self.refuses('does not answer', Silent)

    def test_a_busy_back_end(self):
        class Busy(fake.BackEnd):
            def answer(self, request, payload):
                self.say_goodbye(b'another machine uses this TPM')

        self.refuses('another machine uses this TPM', Busy)

    def test_another_version(self):
        class Newer(fake.BackEnd):
            info = (2, 3, 1 << 1, 5, 0)

        self.refuses('versions 2 to 3', Newer)

    def test_an_interface_that_is_not_offered(self):
        class OnlyTis(fake.BackEnd):
            info = (1, 1, 1 << 2, 5, 0)

        self.refuses('does not offer this register interface', OnlyTis)

    def test_missing_features(self):
        class Bare(fake.BackEnd):
            protocol_features = 1 << 3

        self.refuses('lacks protocol features', Bare)

    def test_replies_of_the_wrong_size(self):
        class Short(fake.BackEnd):
            def memory_reply(self):
                return b'1234'

        self.refuses('breaks the vhost-user-tpm protocol', Short)

    def test_an_unknown_layout(self):
        class Large(fake.BackEnd):
            def memory_reply(self):
                return struct.pack('<QII', fake.MEMORY_SIZE + 0x1000, fake.RING_ENTRIES, 0)

        self.refuses('unknown layout', Large)

    def test_memory_that_could_be_pulled_away(self):
        class Unsealed(fake.BackEnd):
            def descriptors(self):
                return [fake.sealed_memory(seals=0), self.kick, self.call]

        self.refuses('sealed against shrinking', Unsealed)

    def test_memory_that_is_no_memfd(self):
        class NoMemory(fake.BackEnd):
            def descriptors(self):
                return [self.kick, self.kick, self.call]

        self.refuses('sealed against shrinking', NoMemory)

    def test_memory_that_is_too_small(self):
        class Small(fake.BackEnd):
            def descriptors(self):
                return [fake.sealed_memory(0x8000), self.kick, self.call]

        self.refuses('too small', Small)

    def test_the_wrong_number_of_descriptors(self):
        class Few(fake.BackEnd):
            def descriptors(self):
                return [self.memory_fd, self.kick]

        class Many(fake.BackEnd):
            def descriptors(self):
                return [self.memory_fd, self.kick, self.call, self.call, self.call]

        self.refuses('2 descriptors instead of 3', Few)
        self.path += '2'
        self.refuses('too many descriptors', Many)


class WithTables(fake.BackEnd):
    """Has ACPI tables to offer, or what tests replace them with."""

    info = (1, 1, 1 << 1, 5, fake.INFO_TABLES)
    tpm2 = fake.acpi_table(b'TPM2', bytes(range(40)))
    ssdt = fake.acpi_table(b'SSDT', b'not quite AML')
    asked = None

    def tables(self):
        """The sizes, and the descriptors; or nothing."""
        return len(self.tpm2), len(self.ssdt), [fake.sealed_file(self.tpm2 + self.ssdt)]

    def answer(self, request, payload):
        if request != fake.GET_TABLES:
            return super().answer(request, payload)
        self.asked = struct.unpack('<QIIII', payload)
        tables = self.tables()
        return tables and (struct.pack('<II', *tables[:2]), tables[2])


class Tables(FrontEndTest):
    """acpi=backend: who announces the TPM, and with what."""

    LOG = 0xfed50000, 0x10000
    PPI = 0xfed45000
    BACKEND = DEVICE + ',acpi=backend'
    DIRECTORY, LEGACY_TABLES = 0x19, 0x8000  # of fw_cfg

    def ask(self, qemu, line):
        qemu.process.stdin.write(line.encode() + b'\n')
        qemu.process.stdin.flush()
        answer = qemu.process.stdout.readline().decode().split()
        self.assertEqual(answer[:1], ['OK'], line)
        return bytes.fromhex(answer[1][2:]) if answer[1:] else b''

    def fw_cfg(self, qemu, key, size):
        """What firmware would read, by fw_cfg's DMA."""
        request = struct.pack('>IIQ', key << 16 | 0xa, size, 0x200000)
        self.ask(qemu, f'write 0x100000 16 0x{request.hex()}')
        self.ask(qemu, 'outl 0x514 0')
        self.ask(qemu, f'outl 0x518 {int.from_bytes(struct.pack(">I", 0x100000), "little"):#x}')
        return self.ask(qemu, f'read 0x200000 {size:#x}')

    def file(self, qemu, name):
        count = int.from_bytes(self.fw_cfg(qemu, self.DIRECTORY, 4), 'big')
        directory = self.fw_cfg(qemu, self.DIRECTORY, 4 + 64 * count)[4:]
        for size, key, _, found in struct.iter_unpack('>IHH56s', directory):
            if found.rstrip(b'\0') == name.encode():
                return self.fw_cfg(qemu, key, size)
        return None

    def boots(self, kind, *more, device=BACKEND):
        back_end = self.back_end(kind)
        qemu = self.qemu('-qtest', 'stdio', *more, device=device)
        back_end.wait_for('reset')
        return qemu, back_end

    def test_the_guest_gets_those_of_the_back_end(self):
        qemu, back_end = self.boots(WithTables)
        self.assertEqual(back_end.asked, (*self.LOG, self.PPI, fake.NO_IRQ, 0))
        tables = self.file(qemu, 'etc/acpi/tables')
        for table in (back_end.tpm2, back_end.ssdt):
            self.assertEqual(tables.count(table), 1)
        self.assertEqual(tables.count(b'TPM2'), 1)
        self.assertNotIn(b'MSFT0101', tables)
        self.assertEqual(self.file(qemu, 'etc/tpm/config'), struct.pack('<IBB', self.PPI, 2, 1))
        # The memory for the event log.
        address, size = self.LOG
        for at in (address, address + size - 4):
            self.ask(qemu, f'write {at:#x} 4 0x01020304')
            self.assertEqual(self.ask(qemu, f'read {at:#x} 4'), bytes((1, 2, 3, 4)))

    def test_the_guest_gets_those_of_qemu(self):
        for device in (DEVICE, DEVICE + ',acpi=qemu'):
            qemu, back_end = self.boots(WithTables, device=device)
            self.assertIsNone(back_end.asked)
            tables = self.file(qemu, 'etc/acpi/tables')
            self.assertEqual(tables.count(b'MSFT0101'), 1)
            self.assertNotIn(back_end.ssdt, tables)
            self.path += '2'

    def test_without_physical_presence(self):
        qemu, back_end = self.boots(WithTables, device=self.BACKEND + ',ppi=off')
        self.assertEqual(back_end.asked, (*self.LOG, 0, fake.NO_IRQ, 0))
        self.assertIsNone(self.file(qemu, 'etc/tpm/config'))

    def test_beside_tables_of_the_user(self):
        name = os.path.join(self.directory, 'table')
        user = fake.acpi_table(b'OEMX', b'of the user')
        with open(name, 'wb') as file:
            file.write(user)
        qemu, back_end = self.boots(WithTables, '-acpitable', f'file={name}')
        tables = self.file(qemu, 'etc/acpi/tables')
        for table in (user, back_end.tpm2, back_end.ssdt):
            self.assertEqual(tables.count(table), 1)
        # What fw_cfg shows since before the device was there.
        legacy = struct.pack('<HH', 1, len(user)) + user
        self.assertEqual(self.fw_cfg(qemu, self.LEGACY_TABLES, len(legacy)), legacy)

    def test_a_second_tpm(self):
        self.back_end(WithTables)
        for options in ('', ',acpi=backend'):
            qemu = self.qemu('-chardev', f'socket,id=tpm2,path={self.path}', '-device',
                             'vhost-user-tpm-crb,chardev=tpm2' + options, device=self.BACKEND)
            self.assertIn('at most one TPM device', qemu.ends())

    def test_a_value_that_is_none(self):
        self.refuses("does not accept value 'mine'", device=DEVICE + ',acpi=mine')

    def test_a_machine_that_takes_none(self):
        self.back_end(WithTables)
        qemu = self.qemu('-machine', 'microvm', device=self.BACKEND)
        self.assertIn('takes no ACPI tables from a device', qemu.ends())

    def lies(self, words, **members):
        """A back-end that is WithTables but for these members."""
        self.path += 'x'
        self.refuses('no ACPI tables of the TPM back-end: .*' + words,
                     type('Liar', (WithTables,), members), device=self.BACKEND)

    def test_a_back_end_without_tables(self):
        self.lies('does not offer any', info=(1, 1, 1 << 1, 5, 0))

    def test_a_back_end_that_refuses(self):
        def tables(back_end):
            back_end.say_goodbye(b'ppi_address must be elsewhere')

        self.lies('ppi_address must be elsewhere', tables=tables)

    def test_files_that_cannot_be(self):
        def handing_out(*descriptors, tpm2=len(WithTables.tpm2), ssdt=len(WithTables.ssdt)):
            return lambda _: (tpm2, ssdt, list(descriptors))

        content = WithTables.tpm2 + WithTables.ssdt
        whole = fake.sealed_file(content)
        self.lies('sent 0 descriptors', tables=handing_out())
        self.lies('sent 2 descriptors', tables=handing_out(whole, whole))
        self.lies('sealed against changes', tables=handing_out(fake.sealed_file(content, 0)))
        self.lies('sealed against changes',
                  tables=handing_out(fake.sealed_file(content, fake.SEALS)))
        self.lies('sealed against changes', tables=handing_out(os.pipe()[0]))
        self.lies('shorter than it says', tables=handing_out(fake.sealed_file(content[:-1])))
        self.lies('with 65537 bytes',
                  tables=handing_out(whole, tpm2=fake.TABLES_MAX - len(WithTables.ssdt) + 1))
        self.lies('with 4294967296 bytes', tables=handing_out(whole, tpm2=0xffffffff, ssdt=1))
        self.lies('with 0 bytes', tables=handing_out(whole, tpm2=0, ssdt=0))
        self.lies('its TPM2 table is none', tables=handing_out(whole, tpm2=0, ssdt=len(content)))
        self.lies('its SSDT table is none', tables=handing_out(whole, ssdt=0))

    def test_tables_that_cannot_be(self):
        self.lies('its TPM2 table is none', tpm2=fake.acpi_table(b'TCPA', b''))
        self.lies('its TPM2 table is none', tpm2=b'TPM2')
        self.lies('its SSDT table is none', ssdt=fake.acpi_table(b'DSDT', b''))
        self.lies('its SSDT table is none', ssdt=WithTables.ssdt + b'\0')
        self.lies('its TPM2 table has a wrong checksum',
                  tpm2=WithTables.tpm2[:-1] + b'\xff')
        self.lies('its SSDT table has a wrong checksum',
                  ssdt=WithTables.ssdt[:-1] + b'\xff')


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    Qemu.subject, Qemu.firmware = (os.path.abspath(path) for path in sys.argv[1:])
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules['__main__'])
    result = unittest.TextTestRunner(stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f'{result.testsRun - failed} passed, {failed} failed')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
