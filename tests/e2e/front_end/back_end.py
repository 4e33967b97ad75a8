# SPDX-License-Identifier: Apache-2.0
"""A vhost-user-tpm back-end for tests of the front-end, which does as it is told: well or badly.

Its numbers are those of protocol/vhost_user_tpm.h, its rules those of docs/protocol.md.
"""

import fcntl
import mmap
import os
import select
import socket
import struct
import threading

HEADER = struct.Struct('<III')
ENTRY = struct.Struct('<HBBIQ')
GET_FEATURES, SET_FEATURES, SET_OWNER = 1, 2, 3
GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES, RESET_DEVICE = 15, 16, 34
GET_INFO, SET_INTERFACE, GET_MEMORY, GOODBYE = 0x7401, 0x7402, 0x7403, 0x7500
GET_TABLES, INFO_TABLES, TABLES_MAX, NO_IRQ = 0x7404, 1 << 1, 0x10000, 0xffffffff
INFO_INTERRUPTS = 1 << 0
MEMORY_SIZE, CONTROL, RING, RING_ENTRIES = 0x9000, 0x5000, 0x6000, 256
PRODUCER, CONSUMER = CONTROL, CONTROL + 0x80
BACKEND_SLEEPING, FRONTEND_SLEEPING = CONTROL + 0x100, CONTROL + 0x180
BACKEND_CPU, CANCEL = CONTROL + 0x200, CONTROL + 0x300
READ_LIMIT, WRITE_LIMIT = CONTROL + 0x380, CONTROL + 0x400
GENERATION, INTERRUPT_LEVEL = CONTROL + 0x480, CONTROL + 0x500
COMMAND, RESPONSE = 0x7000, 0x8000
START, STATUS = 0x4c, 0x44
SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


def sealed_memory(size=MEMORY_SIZE, seals=SEALS):
    fd = os.memfd_create('tpm', os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    if seals:
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd


def sealed_file(content, seals=SEALS | fcntl.F_SEAL_WRITE):
    fd = os.memfd_create('tables', os.MFD_ALLOW_SEALING)
    os.write(fd, content)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd


def acpi_table(signature, content):
    """A whole table; iasl would not like its content."""
    table = bytearray(struct.pack('<4sIBB6s8sI4sI', signature, 36 + len(content), 1, 0, b'FAKE',
                                  b'FAKE', 1, b'FAKE', 1) + content)
    table[9] = -sum(table) % 256
    return bytes(table)


class BackEnd:
    """Serves one connection at a time. Override the methods to misbehave."""

    protocol_features = 1 << 3 | 1 << 13
    info = (1, 1, 1 << 1, 5, 0)
    reset_acknowledgement = 0

    def __init__(self, path):
        self.events = []  # what came, in order: 'reset', 'closed', ring entries
        self.changed = threading.Condition()
        self.carry_out_enabled = True
        self.connection = None
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.ended, self.end = os.pipe()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def close(self):
        os.write(self.end, b'x')
        self.thread.join()

    # -- What a test may replace ------------------------------------------------------------------

    def descriptors(self):
        return [self.memory_fd, self.kick, self.call]

    def memory_reply(self):
        return struct.pack('<QII', MEMORY_SIZE, RING_ENTRIES, 0)

    def answer(self, request, payload):
        """The reply's payload and descriptors, or nothing."""
        if request == GET_FEATURES:
            return struct.pack('<Q', 1 << 30), []
        if request == GET_PROTOCOL_FEATURES:
            return struct.pack('<Q', self.protocol_features), []
        if request == GET_INFO:
            return struct.pack('<IIIIQ', *self.info), []
        if request == GET_MEMORY:
            return self.memory_reply(), self.descriptors()
        return None

    def command(self, command):
        """The response to what the guest has in its buffer."""
        return b'response to ' + command[:8]

    # -- The shared memory ------------------------------------------------------------------------

    def word(self, offset, width=4):
        return int.from_bytes(self.memory[offset:offset + width], 'little')

    def set_word(self, offset, value, width=4):
        self.memory[offset:offset + width] = value.to_bytes(width, 'little')

    def carry_out_entry(self, kind, locality, size, offset, value):
        """The registers' meaning is reduced to START."""
        page = locality * 0x1000
        if offset == START:
            response = self.command(self.memory[page + 0x80:page + 0x1000])
            if response is not None:
                self.memory[page + 0x80:page + 0x80 + len(response)] = response
                self.set_word(page + START, 0)

    def carry_out(self):
        """Everything posted so far."""
        while self.word(CONSUMER, 8) < self.word(PRODUCER, 8):
            number = self.word(CONSUMER, 8)
            slot = RING + number % RING_ENTRIES * ENTRY.size
            entry = ENTRY.unpack(self.memory[slot:slot + ENTRY.size])
            kind, locality, size, offset, value = entry
            self.carry_out_entry(*entry)
            self.set_word(CONSUMER, number + 1, 8)
            self.note((locality, offset, size, value) if kind == 1 else
                      ('fifo', locality, offset, value))
        if self.word(FRONTEND_SLEEPING):
            os.write(self.call, struct.pack('<Q', 1))

    def say_goodbye(self, text):
        payload = struct.pack('<I252s', 4, text)
        self.connection.sendall(HEADER.pack(GOODBYE, 1, len(payload)) + payload)

    # -- The machinery ----------------------------------------------------------------------------

    def note(self, event):
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def wait_for(self, event, seconds=120):
        """Waits for an event, and forgets it and all that came before."""
        with self.changed:
            if not self.changed.wait_for(lambda: event in self.events, seconds):
                raise AssertionError(f'no {event}, but {self.events}')
            del self.events[:self.events.index(event) + 1]

    def _set_up_memory(self):
        self.memory_fd = sealed_memory()
        self.memory = mmap.mmap(self.memory_fd, MEMORY_SIZE)
        self.kick = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.call = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.set_word(BACKEND_CPU, 0xffffffff)
        self.set_word(BACKEND_SLEEPING, 1)

    def _handle(self):
        header = self.connection.recv(HEADER.size, socket.MSG_WAITALL)
        if len(header) < HEADER.size:
            return False
        request, flags, size = HEADER.unpack(header)
        payload = self.connection.recv(size, socket.MSG_WAITALL) if size else b''
        acknowledgement = 0
        if request == RESET_DEVICE:
            acknowledgement = self.reset_acknowledgement
            self.note('reset')
        reply = self.answer(request, payload)
        if reply is None and flags & 8:
            reply = struct.pack('<Q', acknowledgement), []
        if reply is not None:
            message = HEADER.pack(request, 5, len(reply[0])) + reply[0]
            socket.send_fds(self.connection, [message], reply[1])
        return True

    def _converse(self):
        while True:
            ready, _, _ = select.select([self.ended, self.connection, self.kick], [], [])
            if self.ended in ready:
                return True
            if self.kick in ready:
                os.read(self.kick, 8)
                if self.carry_out_enabled:
                    self.carry_out()
            if self.connection in ready and not self._handle():
                self.note('closed')
                return False

    def _serve(self):
        while True:
            ready, _, _ = select.select([self.ended, self.listener], [], [])
            if self.ended in ready:
                break
            self._set_up_memory()
            self.connection, _ = self.listener.accept()
            try:
                if self._converse():
                    break
            except OSError:
                self.note('closed')
        if self.connection:
            self.connection.close()
        self.listener.close()
