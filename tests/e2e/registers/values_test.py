# SPDX-License-Identifier: Apache-2.0
"""What registers read, after power-on and after writes, beside QEMU's own devices."""
import dataclasses
import itertools

import layout
import machine as qemu
import tpm
from case import Case, Crb, Tis, on_both
from differences import DIFFERENCES

PATTERNS = (0xffffffffffffffff, 0, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa)


@dataclasses.dataclass(frozen=True)
class Found:
    """A field in which the two devices differ."""
    register: str
    field: str
    ours: int
    qemus: int
    after: str
    state: str
    locality: int


def page_values(machine, interface, localities=(0,)):
    """{register: value} of each locality, read without effects."""
    ranges = [(locality * qemu.PAGE + start, end - start) for locality in localities
              for start, end in layout.RANGES[interface]]
    data = iter(machine.read_ranges(ranges))
    pages = []
    for _ in localities:
        values = {}
        for start, end in layout.RANGES[interface]:
            part = next(data)
            for register in layout.PAGES[interface]:
                at = register.offset - start
                if start <= register.offset < end:
                    values[register.name] = int.from_bytes(part[at:at + register.size], 'little')
        pages.append(values)
    return pages


class Comparison(Case):
    """Both devices go through the same, and are compared field by field."""

    maxDiff = None
    states = {}
    localities = (0,)

    def setUp(self):
        super().setUp()
        theirs = self.interface, False, ''
        if theirs not in self.machines:
            self.machines[theirs] = qemu.Machine(*theirs)
        self.both = self.machine, self.machines[theirs]

    def values_after(self, machine, state, register, value, locality):
        machine.reset()
        self.states[state](self.driver(machine))
        if register:
            machine.write(locality * qemu.PAGE + register.offset,
                          value & ((1 << 8 * register.size) - 1), register.size)
        return page_values(machine, self.interface, self.localities)

    def compare(self, state, register=None, value=0, locality=0):
        both = [self.values_after(machine, state, register, value, locality)
                for machine in self.both]
        for page, (ours, theirs) in zip(self.localities, zip(*both)):
            for each in layout.PAGES[self.interface]:
                mine, other = each.split(ours[each.name]), each.split(theirs[each.name])
                for field, number in mine.items():
                    if number != other[field]:
                        yield Found(each.name, field, number, other[field],
                                    register.name if register else '', state, page)

    def compare_everything(self):
        found = set()
        for state in self.states:
            found |= set(self.compare(state))
            for register in layout.PAGES[self.interface]:
                if register.size not in qemu.LETTERS:
                    continue
                patterns = PATTERNS[:1] if 'reserved' in register.name else PATTERNS
                for value in patterns:
                    found |= set(self.compare(state, register, value))
                for locality in self.localities[1:]:
                    found |= set(self.compare(state, register, PATTERNS[0], locality))
        table = [each for each in DIFFERENCES if each.interface == self.interface]
        unexplained = sorted({dataclasses.astuple(each) for each in found
                              if not any(row.explains(self.interface, each) for row in table)})
        untrue = [row for row in table
                  if not any(row.explains(self.interface, each) for each in found)]
        self.assertEqual((unexplained, untrue), ([], []))


class CrbComparison(Comparison):
    interface = 'crb'
    driver = Crb
    states = {
        'power-on': lambda crb: None,
        'granted': lambda crb: crb.request(),
        'ready': lambda crb: (crb.request(), crb.ready()),
        'a command has ended': lambda crb: crb.session(),
    }

    def test_every_register(self):
        self.compare_everything()


class TisComparison(Comparison):
    interface = 'tis'
    driver = Tis
    localities = (0, 1, 4)
    states = {
        'power-on': lambda tis: None,
        'active': lambda tis: tis.request(),
        'ready': lambda tis: (tis.request(), tis.ready()),
        'a command begins': lambda tis: (tis.request(), tis.ready(), tis.put(tpm.STARTUP[:7])),
        'a command is whole': lambda tis: (tis.request(), tis.ready(), tis.put(tpm.STARTUP)),
        'a response has come': lambda tis: (tis.request(), tis.start(tpm.STARTUP),
                                            tis.wait_for_data()),
        'a response is taken': lambda tis: tis.session(),
    }

    def test_every_register(self):
        self.compare_everything()


class CrbPowerOn(Case):
    """Without QEMU's device as a witness."""
    interface = 'crb'

    def test_every_locality(self):
        pages = page_values(self.machine, 'crb', qemu.LOCALITIES)
        for locality, values in enumerate(pages):
            buffer = qemu.BASE + locality * qemu.PAGE + layout.CRB_BUFFER
            expected = {register.name: 0 for register in layout.CRB}
            expected.update({
                'LOC_STATE': 0x81, 'CTRL_STS': 2, 'INTF_ID': 0x1014000a5b11,
                'CTRL_CMD_SIZE': 0xf80, 'CTRL_RSP_SIZE': 0xf80,
                'CTRL_CMD_LADDR': buffer, 'CTRL_RSP_ADDR': buffer})
            self.assertEqual(values, expected)
            data = self.machine.read_bytes(locality * qemu.PAGE + layout.CRB_BUFFER, 0xf80)
            self.assertEqual(data, bytes(0xf80))


def assert_widths(case, locality, start, end):
    """A read of any size and alignment gives what reads of bytes give."""
    page = locality * qemu.PAGE
    single = case.machine.read_all([(page + offset, 1) for offset in range(start, end)])
    accesses = [(page + offset, size) for offset in range(start, end) for size in qemu.LETTERS
                if offset + size <= end]
    case.assertEqual(case.machine.read_all(accesses),
                     [int.from_bytes(bytes(single[at:at + size]), 'little')
                      for at, size in ((address - page - start, size)
                                       for address, size in accesses)], locality)


@on_both
class TisWidths:
    interface = 'tis'

    def test_reads_of_each_width_and_alignment(self):
        for locality in qemu.LOCALITIES:
            for start, end in layout.RANGES['tis']:
                assert_widths(self, locality, start, end)

    def test_writes_of_each_width(self):
        tis = Tis(self.machine)
        for size in qemu.LETTERS:
            tis.write(0x00, Tis.REQUEST, size)
            self.assertTrue(tis.granted(), size)
            tis.write(0x08, 0x85, size)
            self.assertEqual(tis.read(0x08, 1), 0x85)
            tis.write(0x18, Tis.READY, size)
            self.assertEqual(tis.status(), Tis.READY)
            tis.put(tpm.STARTUP)
            tis.write(0x18, Tis.GO, size)
            self.assertIn(tpm.code_of(tis.response()), (tpm.SUCCESS, tpm.INITIALIZE))
            tis.ready()
            tis.write(0x00, Tis.ACTIVE, size)
            self.assertFalse(tis.granted(), size)

    def test_writes_that_straddle(self):
        tis = Tis(self.machine).request()
        tis.write(0x07, 0x8500, 2)
        self.assertEqual(tis.value('INT_ENABLE'), 0x85)
        tis.write(0x16, Tis.READY << 16, 4)
        self.assertEqual(tis.status(), Tis.READY)


@on_both
class CrbWidths:
    interface = 'crb'

    def test_reads_of_each_width_and_alignment(self):
        localities = qemu.LOCALITIES if self.ours else (0,)
        Crb(self.machine, localities[-1] // 2).request()
        for locality in localities:
            assert_widths(self, locality, 0, 0x90)

    def test_the_buffer_by_each_width_and_alignment(self):
        self.machine.write_bytes(layout.CRB_BUFFER, bytes(0xf80))
        expected = bytearray(0xf80)
        source = bytes((7 * i + 1) & 0xff for i in range(0x400))
        at = 0
        accesses = []
        for start in (0x80, 0xc1, 0x102, 0x203, 0xfc0):
            for size in qemu.LETTERS:
                for address in range(start, start + 17):
                    value = source[at % 0x3f0:at % 0x3f0 + size]
                    at += 1
                    accesses.append((address, int.from_bytes(value, 'little'), size))
                    expected[address - 0x80:address - 0x80 + size] = value
        self.machine.write_all(accesses)
        self.assertEqual(self.machine.read_bytes(layout.CRB_BUFFER, 0xf80), expected)
        accesses = list(itertools.product(range(0x80, 0x120), qemu.LETTERS))
        self.assertEqual(self.machine.read_all(accesses), [
            int.from_bytes(expected[address - 0x80:address - 0x80 + size], 'little')
            for address, size in accesses])

    def test_writes_of_each_width(self):
        crb = Crb(self.machine)
        for size in qemu.LETTERS:
            crb.write(0x08, 1, size)
            self.assertTrue(crb.granted(), size)
            crb.write(0x40, 1, size)
            self.assertFalse(crb.is_idle(), size)
            crb.put(tpm.STARTUP)
            crb.write(0x4c, 1, size)
            self.assertIn(tpm.code_of(crb.response()), (tpm.SUCCESS, tpm.INITIALIZE))
            crb.write(0x40, 2, size)
            self.assertTrue(crb.is_idle(), size)
            crb.write(0x08, 2, size)
            self.assertFalse(crb.granted(), size)

    def test_writes_that_straddle(self):
        crb = Crb(self.machine)
        crb.write(0x07, 0x0100, 2)
        self.assertTrue(crb.granted())
        crb.write(0x3e, 0x00010000, 4)
        self.assertFalse(crb.is_idle())
        crb.write(0x3d, 0x02000000, 4)
        self.assertTrue(crb.is_idle())
        crb.write(0x7e, 0x4433ffff, 4)
        self.assertEqual(crb.read(0x7e, 4), 0x44330000)
        self.machine.write(0xffe, 0xffff6655, 4)
        self.assertEqual(self.machine.read(0xffe, 2), 0x6655)
        self.assertEqual(crb.value('CTRL_STS'), 2)


class CrbEdges(Case):
    interface = 'crb'

    def test_an_access_across_localities(self):
        for locality in (1, 2, 3):
            end = (locality + 1) * qemu.PAGE
            self.machine.write(end - 4, 0x44332211)
            self.machine.write(end - 2, 0xffff6655)
            self.assertEqual(self.machine.read(end - 4, 8), 0x8166552211)
            self.assertEqual(self.machine.read(end - 1, 2), 0x8166)

    def test_an_access_beyond_the_last_locality(self):
        for size in (2, 4, 8):
            for back in range(1, size):
                self.machine.write(0x5000 - back, (1 << 8 * size) - 1, size)
                self.machine.read(0x5000 - back, size)
        self.assertEqual(self.machine.read(0), 0x81)
