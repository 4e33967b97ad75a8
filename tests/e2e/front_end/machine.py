# SPDX-License-Identifier: Apache-2.0
"""A machine with the front-end, whose guest (poke.S) does what a test asks it to."""

import json
import os
import shutil
import socket
import struct
import subprocess
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
