# SPDX-License-Identifier: Apache-2.0
"""acpi=backend: who announces the TPM, and with what."""

import os
import struct

import back_end as fake
from machine import DEVICE, FrontEndTest


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
