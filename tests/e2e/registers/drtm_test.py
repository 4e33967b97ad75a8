# SPDX-License-Identifier: Apache-2.0
"""Locality 4: a D-RTM's sequence (Part 1, clause 31), where the machine was made with locality4=on.

QEMU's own devices have nothing of it.
"""
import hashlib

import layout
import machine as qemu
import tpm
from case import Case, Crb, Tis

MEASURED = b'a measured launch environment'


class Hardware:
    """The registers at which a chipset sends the sequence, at the same addresses in both pages."""
    interface = None
    driver = None
    properties = ',locality4=on'
    HASH_END, HASH_DATA, HASH_START = 0x20, 0x24, 0x28

    def setUp(self):
        super().setUp()
        privileged = self.driver(self.machine, 3).request()
        self.reset_establishment(privileged)  # it outlives a reset of the machine
        privileged.relinquish()
        self.guest = self.driver(self.machine)
        self.assertEqual(self.guest.session(), tpm.SUCCESS)
        self.hardware = self.driver(self.machine, 4)

    def send(self, data, size=1):
        while data:
            while size > len(data):
                size //= 2
            self.hardware.write(self.HASH_DATA, int.from_bytes(data[:size], 'little'), size)
            data = data[size:]

    def sequence(self, data, size=1):
        self.hardware.write(self.HASH_START, 0, 1)
        self.send(data, size)
        self.hardware.write(self.HASH_END, 0, 1)

    def pcr(self, number=tpm.EVENT_PCR):
        self.guest.request()
        self.guest.ready()
        return tpm.pcr_of(self.guest.run(tpm.pcr_read(number)))

    def established(self):
        """As the bit reads: 0 once it has happened."""
        return self.machine.read(0, 1) & 1

    def measured(self, data):
        return tpm.extended(bytes(32), hashlib.sha256(data).digest())

    def test_the_event_is_extended(self):
        self.assertEqual(self.pcr(), b'\xff' * 32)
        for size in (1, 2, 4):
            for count in (0, 1, 63, 64, 65, len(MEASURED), 200):
                data = (MEASURED * 8)[:count]
                self.sequence(data, size)
                self.assertEqual(self.pcr(), self.measured(data), (size, count))

    def test_localities_during_and_after(self):
        self.assertTrue(self.guest.granted())
        self.assertEqual(self.established(), 1)
        self.hardware.write(self.HASH_START, 0)
        self.assertTrue(self.hardware.granted())
        self.assertFalse(self.guest.granted())
        self.driver(self.machine, 3).request()
        self.guest.seize()
        self.assertTrue(self.hardware.granted())
        self.send(MEASURED)
        self.hardware.write(self.HASH_END, 0)
        self.assertFalse(self.hardware.granted())
        self.assertTrue(self.driver(self.machine, 3).granted())
        self.driver(self.machine, 3).relinquish()
        self.assertEqual(self.pcr(), self.measured(MEASURED))
        self.assertEqual(self.established(), 0)

    def test_data_and_end_without_a_start(self):
        before = self.pcr()
        self.send(MEASURED)
        self.hardware.write(self.HASH_END, 0)
        self.assertEqual((self.pcr(), self.established()), (before, 1))

    def test_a_start_begins_anew(self):
        self.hardware.write(self.HASH_START, 0)
        self.send(b'this is forgotten')
        self.sequence(MEASURED)
        self.assertEqual(self.pcr(), self.measured(MEASURED))

    def test_a_start_ends_what_the_guest_does(self):
        self.guest.start(tpm.create_rsa_primary(3072))
        self.sequence(MEASURED)
        self.guest.request()
        self.guest.ready()
        qemu.poll(self.is_ready)
        self.assertEqual(self.pcr(), self.measured(MEASURED))

    def test_other_localities_have_none_of_it(self):
        before = self.pcr()
        for locality in range(4):
            page = self.driver(self.machine, locality)
            for offset in (self.HASH_START, self.HASH_DATA, self.HASH_END):
                page.write(offset, 0x11223344)
        self.assertEqual((self.pcr(), self.established()), (before, 1))

    def test_the_establishment_is_reset_by_locality_3_and_4(self):
        for locality, after in ((0, 0), (1, 0), (2, 0), (3, 1), (4, 1)):
            self.sequence(MEASURED)
            self.assertEqual(self.established(), 0)
            page = self.driver(self.machine, locality).request()
            self.reset_establishment(page)
            self.assertEqual(self.established(), after, locality)
            page.relinquish()

    def test_commands_of_locality_4(self):
        """It may extend PCR 17, as localities 2 and 3 may."""
        digest = bytes(range(32))
        self.sequence(MEASURED)
        for locality, result in ((1, tpm.LOCALITY), (3, tpm.SUCCESS), (4, tpm.SUCCESS)):
            page = self.driver(self.machine, locality).request()
            page.ready()
            self.assertEqual(tpm.code_of(page.run(tpm.pcr_extend(tpm.EVENT_PCR, digest))), result)
            page.relinquish()
        twice = tpm.extended(tpm.extended(self.measured(MEASURED), digest), digest)
        self.assertEqual(self.pcr(), twice)

    def test_a_reset_in_the_middle(self):
        self.hardware.write(self.HASH_START, 0)
        self.send(MEASURED)
        self.machine.reset()
        self.hardware.write(self.HASH_END, 0)
        self.assertEqual(self.guest.session(), tpm.SUCCESS)
        self.assertEqual((self.pcr(), self.pcr(0), self.established()),
                         (b'\xff' * 32, bytes(32), 1))

    def test_before_startup_it_is_an_h_crtm(self):
        self.machine.reset()
        self.sequence(MEASURED)
        self.assertEqual(self.guest.session(), tpm.SUCCESS)
        start = bytes(31) + b'\x04'  # PCR 0 after an H-CRTM (Part 3, 22.11)
        self.assertEqual(self.pcr(0), tpm.extended(start, hashlib.sha256(MEASURED).digest()))


class CrbHardware(Hardware, Case):
    interface = 'crb'
    driver = Crb

    def is_ready(self):
        return self.guest.value('CTRL_REQ') == 0

    def reset_establishment(self, page):
        page.set('LOC_CTRL', Crb.RESET_ESTABLISHMENT)


class TisHardware(Hardware, Case):
    interface = 'tis'
    driver = Tis

    def is_ready(self):
        return self.guest.fields('STS')['commandReady'] == 1

    def reset_establishment(self, page):
        page.set('STS', Tis.RESET_ESTABLISHMENT)


class Guarded:
    """Without the property, the page of locality 4 does not take writes."""

    def test_writes_are_dropped(self):
        guest, hardware = self.driver(self.machine), self.driver(self.machine, 4)
        self.assertEqual(guest.session(), tpm.SUCCESS)
        before = self.machine.read_bytes(hardware.page, 0x24)
        for offset in (0x00, 0x08, 0x18, 0x20, 0x24, 0x28, 0x40, 0x4c, layout.CRB_BUFFER, 0xffc):
            for value in (1, 2, 4, 8, 0xffffffff):
                hardware.write(offset, value)
        self.assertEqual(self.machine.read_bytes(hardware.page, 0x24), before)
        self.assertTrue(guest.granted())
        guest.ready()
        self.assertEqual(tpm.pcr_of(guest.run(tpm.pcr_read(tpm.EVENT_PCR))), b'\xff' * 32)


class CrbGuarded(Guarded, Case):
    interface = 'crb'
    driver = Crb


class TisGuarded(Guarded, Case):
    interface = 'tis'
    driver = Tis
