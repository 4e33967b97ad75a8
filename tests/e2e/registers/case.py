# SPDX-License-Identifier: Apache-2.0
"""What all tests of the registers share: the machines, and a guest's driver for each interface."""
import sys
import unittest

import layout
import machine as qemu
import tpm


class Case(unittest.TestCase):
    """A test on a machine that has just been reset. Machines are kept until a test fails."""

    interface = None
    ours = True
    properties = ''
    machines = {}

    @classmethod
    def key(cls):
        return cls.interface, cls.ours, cls.properties

    def setUp(self):
        if self.key() not in self.machines:
            self.machines[self.key()] = qemu.Machine(*self.key())
        self.machine = self.machines[self.key()]
        self.machine.reset()

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            self.end_machine()

    def end_machine(self):
        machine = self.machines.pop(self.key(), None)
        if machine:
            machine.close()

    @classmethod
    def end_machines(cls):
        while cls.machines:
            cls.machines.popitem()[1].close()

    def assert_fields(self, driver, register, **fields):
        """The named fields of a register, all others zero."""
        expected = {name: 0 for name in driver.fields(register)}
        self.assertEqual(driver.fields(register), {**expected, **fields}, register)


class Driver:
    """One locality's page, as a driver in the guest uses it."""

    interface = None

    def __init__(self, machine, locality=0):
        self.machine, self.locality = machine, locality
        self.page = locality * qemu.PAGE

    def read(self, offset, size=4):
        return self.machine.read(self.page + offset, size)

    def write(self, offset, value, size=4):
        self.machine.write(self.page + offset, value, size)

    def value(self, name):
        register = layout.at(self.interface, name)
        return self.read(register.offset, register.size)

    def fields(self, name):
        return layout.at(self.interface, name).split(self.value(name))

    def set(self, name, value):
        register = layout.at(self.interface, name)
        self.write(register.offset, value, register.size)


class Crb(Driver):
    interface = 'crb'
    REQUEST, RELINQUISH, SEIZE, RESET_ESTABLISHMENT = 1, 2, 4, 8
    READY, IDLE = 1, 2

    def request(self):
        self.set('LOC_CTRL', self.REQUEST)
        return self

    def relinquish(self):
        self.set('LOC_CTRL', self.RELINQUISH)

    finish = relinquish

    def seize(self):
        self.set('LOC_CTRL', self.SEIZE)

    def ready(self):
        self.set('CTRL_REQ', self.READY)

    def idle(self):
        self.set('CTRL_REQ', self.IDLE)

    def granted(self):
        return self.fields('LOC_STS')['Granted'] == 1

    def is_idle(self):
        return self.fields('CTRL_STS')['tpmIdle'] == 1

    def put(self, data):
        self.machine.write_bytes(self.page + layout.CRB_BUFFER, data)

    def start(self, command):
        self.put(command)
        self.set('CTRL_START', 1)

    def running(self):
        return self.value('CTRL_START') == 1

    def response(self):
        qemu.poll(lambda: not self.running(), 'the end of the command')
        header = self.machine.read_bytes(self.page + layout.CRB_BUFFER, 10)
        return self.machine.read_bytes(self.page + layout.CRB_BUFFER, tpm.size_of(header))

    def run(self, command):
        self.start(command)
        return self.response()

    def session(self):
        """The locality, ready, with a TPM that is started up."""
        self.request()
        self.ready()
        return tpm.code_of(self.run(tpm.STARTUP))


class Tis(Driver):
    interface = 'tis'
    REQUEST, SEIZE, SEIZED, ACTIVE = 0x02, 0x08, 0x10, 0x20
    RELINQUISH = ACTIVE
    RETRY, GO, READY, CANCEL, RESET_ESTABLISHMENT = 0x02, 0x20, 0x40, 1 << 24, 1 << 25

    def request(self):
        self.set('ACCESS', self.REQUEST)
        return self

    def relinquish(self):
        self.set('ACCESS', self.RELINQUISH)

    def seize(self):
        self.set('ACCESS', self.SEIZE)

    def finish(self):
        """QEMU's device begins the next locality's command where this one's response has been read
        to, unless it was made ready again."""
        self.ready()
        self.relinquish()

    def granted(self):
        return self.fields('ACCESS')['activeLocality'] == 1

    def ready(self):
        self.set('STS', self.READY)

    def go(self):
        self.set('STS', self.GO)

    def status(self):
        """The status bits alone."""
        return self.value('STS') & 0xff

    def burst_count(self):
        return self.value('STS') >> 8 & 0xffff

    def put(self, data, size=1, fifo=layout.FIFO):
        """Bytes into the FIFO, the last access as small as what is left."""
        accesses = []
        while data:
            while size > len(data):
                size //= 2
            accesses.append((self.page + fifo, int.from_bytes(data[:size], 'little'), size))
            data = data[size:]
        self.machine.write_all(accesses)

    def get(self, count, size=1, fifo=layout.FIFO):
        accesses = []
        while count:
            while size > count:
                size //= 2
            accesses.append((self.page + fifo, size))
            count -= size
        values = self.machine.read_all(accesses)
        return b''.join(value.to_bytes(size, 'little')
                        for value, (_, size) in zip(values, accesses))

    def data_available(self):
        return self.fields('STS')['dataAvail'] == 1

    def wait_for_data(self):
        qemu.poll(self.data_available, 'the response')

    def response(self, size=1, fifo=layout.FIFO):
        self.wait_for_data()
        header = self.get(10, size, fifo)
        return header + self.get(tpm.size_of(header) - 10, size, fifo)

    def start(self, command, size=4, fifo=layout.FIFO):
        self.ready()
        self.put(command, size, fifo)
        self.go()

    def run(self, command, size=4, fifo=layout.FIFO):
        self.start(command, size, fifo)
        return self.response(size, fifo)

    def session(self):
        self.request()
        return tpm.code_of(self.run(tpm.STARTUP))


class StartedTis(Case):
    """A TPM that is started up, and its locality 0 active, without a command."""
    interface = 'tis'

    def setUp(self):
        super().setUp()
        self.tis = Tis(self.machine)
        self.assertEqual(self.tis.session(), tpm.SUCCESS)

    def assert_works(self):
        response = self.tis.run(tpm.get_random(9))
        self.assertEqual((tpm.code_of(response), len(tpm.random_of(response))), (0, 9))


def on_both(tests):
    """Decorates a class of tests: they run on our device, and on QEMU's with swtpm."""
    module = sys.modules[tests.__module__]
    bases = (tests,) if issubclass(tests, Case) else (tests, Case)
    for suffix, ours in (('Ours', True), ('Qemus', False)):
        name = tests.__name__ + suffix
        setattr(module, name, type(name, bases, {'ours': ours, '__module__': tests.__module__}))
