# SPDX-License-Identifier: Apache-2.0
"""With what QEMU does not start."""

import socket
import struct

import back_end as fake
from machine import DEVICE, FrontEndTest


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
