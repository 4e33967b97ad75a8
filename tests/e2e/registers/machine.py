# SPDX-License-Identifier: Apache-2.0
"""A machine without a processor, whose device registers are accessed through QEMU's qtest protocol.

Its TPM is ours (the plugin or a patched QEMU, with the real back-end) or QEMU's own with swtpm.
"""
import contextlib
import json
import mmap
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

BASE = 0xfed40000
PAGE = 0x1000
LOCALITIES = range(5)
SECONDS = 60  # a deadline, never an expectation
LETTERS = {1: 'b', 2: 'w', 4: 'l', 8: 'q'}
MEMORY_SIZE, CONTROL = 0x9000, 0x5000  # docs/protocol.md, section 3
PRODUCER, CONSUMER = CONTROL, CONTROL + 0x80


def poll(condition, what='what was waited for'):
    """Returns the condition's first value that is true."""
    end = time.monotonic() + SECONDS
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f'{what} has not happened')
        time.sleep(0.0005)
    return value


class Lines:
    """A connection on which both sides speak in lines."""

    def __init__(self, path, process, errors):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(SECONDS)

        def connected():
            with contextlib.suppress(OSError):
                self.socket.connect(path)
                return True
            if process.poll() is not None:
                raise AssertionError(f'{process.args[0]} has ended: {errors()}')
            return False

        poll(connected, f'a connection to {path}')
        self.errors = errors
        self.reader = self.socket.makefile('r')

    def send(self, line):
        self.socket.sendall(line.encode() + b'\n')

    def receive(self):
        line = self.reader.readline()
        if not line:
            raise AssertionError('QEMU has gone: ' + self.errors())
        return line

    def close(self):
        self.reader.close()
        self.socket.close()


class Ring:
    """The back-end's shared memory, looked at only to know that it has carried out every access: to
    qtest the front-end is a device's bus master, which is not kept waiting asleep."""

    def __init__(self, process):
        directory = f'/proc/{process.pid}/fd'

        def descriptor():
            for name in os.listdir(directory):
                path = f'{directory}/{name}'
                with contextlib.suppress(OSError):
                    if 'memfd:vhost-user-tpm' in os.readlink(path):
                        return path
            return None

        with open(poll(descriptor, 'shared memory'), 'rb') as file:
            self.memory = mmap.mmap(file.fileno(), MEMORY_SIZE, prot=mmap.PROT_READ)

    def word(self, offset):
        return int.from_bytes(self.memory[offset:offset + 8], 'little')

    def is_empty(self):
        return self.word(CONSUMER) == self.word(PRODUCER)

    def settle(self):
        if not self.is_empty():
            poll(self.is_empty, 'the end of the posted accesses')

    def close(self):
        self.memory.close()


class Machine:
    """QEMU, its TPM, and accesses to the registers at BASE."""

    plugin = None   # of ours: the plugin or a patched QEMU
    daemon = None   # our back-end
    swtpm = 'swtpm'

    def __init__(self, interface, ours, properties=''):
        self.interface = interface
        self.ours = ours
        self.directory = tempfile.mkdtemp(prefix='vtpm.')
        self.processes = []
        self.closing = contextlib.ExitStack()
        self.closing.callback(shutil.rmtree, self.directory)
        self.ring = None
        self.settling = True
        self.irq_levels = {}
        self.intercepting = False
        try:
            self._start_tpm()
            self._start_qemu(properties)
        except BaseException:
            self.close()
            raise

    def close(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
        self.closing.close()

    def _path(self, name):
        return os.path.join(self.directory, name)

    def _start(self, arguments, environment=None):
        name = os.path.basename(arguments[0])
        with open(self._path(name + '.log'), 'w', encoding='utf-8') as log:
            process = subprocess.Popen(arguments, env=environment, stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def errors(self):
        text = ''
        for name in sorted(os.listdir(self.directory)):
            if name.endswith('.log'):
                with open(self._path(name), encoding='utf-8', errors='replace') as log:
                    text += f'{name}: {log.read()}\n'
        return text

    def _start_tpm(self):
        self.socket = self._path('tpm')
        if self.ours:
            self.tpm = self._start([self.daemon, '--socket-path=' + self.socket])
        else:
            self.tpm = self._start([self.swtpm, 'socket', '--tpm2', '--tpmstate',
                                    'dir=' + self.directory, '--ctrl',
                                    'type=unixio,path=' + self.socket])

        def listens():
            if self.tpm.poll() is not None:
                raise AssertionError(self.errors())
            return os.path.exists(self.socket)

        poll(listens, 'the TPM\'s socket')

    def _start_qemu(self, properties):
        program, environment, device = 'qemu-system-x86_64', dict(os.environ), []
        if not self.ours:
            device = ['-tpmdev', 'emulator,id=dev,chardev=tpm',
                      '-device', f'tpm-{self.interface},tpmdev=dev{properties}']
        else:
            device = ['-device', f'vhost-user-tpm-{self.interface},chardev=tpm{properties}']
            if self.plugin.endswith('.so'):
                environment['LD_PRELOAD'] = self.plugin
            else:
                program = self.plugin
        self.qemu = self._start(
            [program, '-machine', 'q35', '-accel', 'tcg', '-S', '-m', '16', '-nodefaults',
             '-display', 'none', '-L', '/usr/share/seabios', '-L', '/usr/share/qemu',
             '-qtest-log', 'none', '-qtest', f'unix:{self._path("qtest")},server=on,wait=off',
             '-qmp', f'unix:{self._path("qmp")},server=on,wait=off',
             '-chardev', f'socket,id=tpm,path={self.socket}', *device], environment)
        self.qmp = Lines(self._path('qmp'), self.qemu, self.errors)
        self.closing.callback(self.qmp.close)
        self.qtest = Lines(self._path('qtest'), self.qemu, self.errors)
        self.closing.callback(self.qtest.close)
        self._receive()
        self.execute('qmp_capabilities')
        if self.ours:
            self.ring = Ring(self.tpm)
            self.closing.callback(self.ring.close)

    # -- QMP --------------------------------------------------------------------------------------

    def _receive(self):
        message = json.loads(self.qmp.receive())
        if 'error' in message:
            raise AssertionError(message['error']['desc'])
        return message

    def execute(self, command, event=None, **arguments):
        """The answer, once the event has come too."""
        self.qmp.send(json.dumps({'execute': command, 'arguments': arguments}))
        answer, awaited = None, event
        while answer is None or awaited:
            message = self._receive()
            answer = message.get('return', answer)
            if message.get('event') == awaited:
                awaited = None
        return answer

    def reset(self):
        """Returns when the devices have been reset."""
        self.execute('system_reset', event='RESET')
        # What the interrupt lines did meanwhile was said before the answer to this.
        self.ask('endianness')

    # -- qtest ------------------------------------------------------------------------------------

    def _answer(self):
        while True:
            words = self.qtest.receive().split()
            if words[0] == 'IRQ':
                self.irq_levels[int(words[2])] = words[1] == 'raise'
            elif words[0] == 'OK':
                return words[1] if len(words) > 1 else None
            else:
                raise AssertionError(words)

    def ask_all(self, commands):
        """One after the other, but in one go: that saves the way there and back."""
        answers = []
        for start in range(0, len(commands), 64):
            some = commands[start:start + 64]
            self.qtest.send('\n'.join(some))
            answers += [self._answer() for _ in some]
        return answers

    def ask(self, command):
        return self.ask_all([command])[0]

    def settle(self):
        if self.ring and self.settling:
            self.ring.settle()

    def read_all(self, accesses):
        """Addresses, which count from locality 0's page, and sizes."""
        answers = self.ask_all([f'read{LETTERS[size]} {BASE + address:#x}'
                                for address, size in accesses])
        self.settle()
        return [int(answer, 16) & ((1 << 8 * size) - 1)
                for answer, (_, size) in zip(answers, accesses)]

    def write_all(self, accesses):
        """Addresses, values and sizes."""
        self.ask_all([f'write{LETTERS[size]} {BASE + address:#x} {value:#x}'
                      for address, value, size in accesses])
        self.settle()

    def read(self, address, size=4):
        return self.read_all([(address, size)])[0]

    def write(self, address, value, size=4):
        self.write_all([(address, value, size)])

    def read_ranges(self, ranges):
        """The bytes of each (address, count)."""
        answers = self.ask_all([f'read {BASE + address:#x} {count:#x}'
                                for address, count in ranges])
        return [bytes.fromhex(answer[2:]) for answer in answers]

    def read_bytes(self, address, count):
        return self.read_ranges([(address, count)])[0]

    def write_bytes(self, address, data):
        self.ask(f'write {BASE + address:#x} {len(data):#x} 0x{data.hex()}')
        self.settle()

    def intercept_interrupts(self):
        self.ask('irq_intercept_in ioapic')
        self.intercepting = True

    def interrupt_line(self, number):
        """The level of a pin of the IOAPIC, as of now."""
        self.ask('endianness')
        return self.irq_levels.get(number, False)

    # -- The TPM's process ------------------------------------------------------------------------

    @contextlib.contextmanager
    def stopped_tpm(self):
        """The TPM's process does nothing for as long as this lasts."""
        self.settling = False
        self.tpm.send_signal(signal.SIGSTOP)
        # Stopping takes as long as it takes; waiting for the state is what wait4 is for.
        os.waitid(os.P_PID, self.tpm.pid, os.WSTOPPED)
        try:
            yield
        finally:
            self.tpm.send_signal(signal.SIGCONT)
            self.settling = True
        self.settle()
