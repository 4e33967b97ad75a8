# SPDX-License-Identifier: Apache-2.0
"""The FIFO interface: one locality, its states, and the way of bytes into the TPM and out of it."""
import layout
import machine as qemu
import tpm
from case import StartedTis, Tis, on_both

VALID, READY, DATA, EXPECT = 0x80, 0x40, 0x10, 0x08
NO_BYTE = 0xff
FIFOS = (layout.FIFO, layout.XFIFO, layout.XFIFO + 0x20, layout.XFIFO + 0x3c)
LONG_COMMAND = tpm.create_rsa_primary(3072)


@on_both
class AsQemuExpects:
    """What QEMU's own qtest of tpm-tis expects of its device, but for localities."""
    interface = 'tis'

    def test_each_locality_shows_the_interface(self):
        for locality in qemu.LOCALITIES:
            tis = Tis(self.machine, locality)
            self.assert_fields(tis, 'ACCESS', tpmRegValidSts=1, tpmEstablishment=1)
            self.assert_fields(tis, 'INTF_CAPABILITY', dataAvailIntSupport=1, stsValidIntSupport=1,
                               localityChangeIntSupport=1, commandReadyIntSupport=1,
                               interruptLevelLow=1, dataTransferSizeSupport=3, interfaceVersion=3)
            self.assert_fields(tis, 'INTERFACE_ID', CapLocality=1, CapFIFO=1)
            for name in ('DID_VID', 'RID'):
                self.assertNotIn(tis.value(name), (0, 0xff, 0xffffffff))

    def transmit(self, tis, command):
        """Byte by byte, with a look at STS after each."""
        tis.ready()
        self.assertEqual(tis.status(), READY)
        count = tis.burst_count()
        self.assertGreaterEqual(count, 128)
        for sent in range(1, len(command) + 1):
            tis.put(command[sent - 1:sent])
            self.assertEqual(tis.status(), VALID | (EXPECT if sent < len(command) else 0), sent)
            self.assertEqual(tis.burst_count(), count - sent)
        tis.go()
        tis.wait_for_data()
        self.assertEqual(tis.status(), VALID | DATA)
        response = b''
        for left in reversed(range(tis.burst_count())):
            response += tis.get(1)
            self.assertEqual(tis.status(), VALID | (DATA if left else 0), left)
            if left:
                self.assertEqual(tis.burst_count(), left)
        self.assertEqual(tpm.size_of(response), len(response))
        return response

    def test_transmission(self):
        tis = Tis(self.machine).request()
        self.assert_fields(tis, 'ACCESS', tpmRegValidSts=1, tpmEstablishment=1, activeLocality=1)
        self.assertEqual(tis.fields('STS')['tpmFamily'], 1)
        self.assertEqual(tis.status(), 0)
        self.assertEqual(self.transmit(tis, tpm.STARTUP), bytes.fromhex('80010000000a00000000'))
        self.assertEqual(tpm.code_of(self.transmit(tis, tpm.SELF_TEST)), tpm.SUCCESS)
        self.assertEqual(len(tpm.random_of(self.transmit(tis, tpm.get_random(32)))), 32)
        tis.relinquish()
        self.assert_fields(tis, 'ACCESS', tpmRegValidSts=1, tpmEstablishment=1)

    def test_the_commands_of_the_migration_test(self):
        tis = Tis(self.machine)
        self.assertEqual(tis.session(), tpm.SUCCESS)
        digest = bytes(range(32))
        self.assertEqual(tpm.code_of(tis.run(tpm.pcr_extend(10, digest))), tpm.SUCCESS)
        self.assertEqual(tpm.pcr_of(tis.run(tpm.pcr_read(10))), tpm.extended(bytes(32), digest))


@on_both
class Fifo(StartedTis):
    def test_each_width_through_each_address(self):
        for size in (1, 2, 4):
            for fifo in FIFOS:
                response = self.tis.run(tpm.get_random(32), size, fifo)
                self.assertEqual(len(tpm.random_of(response)), 32)

    def test_widths_and_addresses_mixed(self):
        for sizes in ((4, 2, 4, 1, 1), (1, 1, 4, 4, 2), (2, 1, 1, 4, 4), (1, 2, 4, 4, 1)):
            command = tpm.get_random(20)
            self.tis.ready()
            for turn, size in enumerate(sizes):
                self.tis.put(command[:size], size, FIFOS[turn % 4])
                command = command[size:]
            self.tis.go()
            self.tis.wait_for_data()
            response = b''.join(self.tis.get(size, size, FIFOS[turn % 4])
                                for turn, size in enumerate((1, 2, 4, 4, 1, 4, 4, 4, 2, 4, 2)))
            self.assertEqual((tpm.size_of(response), tpm.code_of(response)), (32, 0))
            self.assertEqual(self.tis.status(), VALID)

    def test_all_of_the_extended_fifo_is_the_fifo(self):
        for offset in range(0, 0x40, 4):
            self.assertEqual(len(self.tis.run(tpm.get_random(3), 4, layout.XFIFO + offset)), 15)
        for offset in (0x7c, 0xc0):
            self.tis.ready()
            self.tis.put(b'\x80', fifo=offset)
            self.assertEqual(self.tis.status(), READY)
            self.assertEqual(self.tis.read(offset), 0xffffffff)

    def test_bytes_at_odd_addresses(self):
        command = tpm.get_random(4)
        self.tis.ready()
        for turn in range(len(command)):
            self.tis.put(command[turn:turn + 1], 1, layout.FIFO + turn % 4)
        self.tis.go()
        self.tis.wait_for_data()
        response = b''.join(self.tis.get(1, 1, layout.XFIFO + turn % 64) for turn in range(16))
        self.assertEqual(tpm.size_of(response), 16)

    def test_nothing_to_read(self):
        for prepare in (self.tis.ready, lambda: self.tis.put(tpm.STARTUP[:4])):
            prepare()
            for fifo in FIFOS:
                self.assertEqual(self.tis.get(4, 4, fifo), bytes([NO_BYTE] * 4))
                self.assertEqual(self.tis.get(2, 1, fifo), bytes([NO_BYTE] * 2))

    def test_reading_beyond_the_response(self):
        self.tis.start(tpm.get_random(1))
        self.tis.wait_for_data()
        self.tis.get(12, 4)
        self.assertEqual(self.tis.burst_count(), 1)
        self.assertEqual(self.tis.read(layout.FIFO) >> 8, 0xffffff)
        self.assertEqual(self.tis.status(), VALID)
        self.assertEqual(self.tis.read(layout.FIFO), 0xffffffff)
        self.assert_works()

    def test_writing_beyond_the_command(self):
        self.tis.ready()
        self.tis.put(tpm.get_random(4), 2)
        count = self.tis.burst_count()
        self.tis.put(b'more than a command', 1)
        self.assertEqual((self.tis.status(), self.tis.burst_count()), (VALID, count))
        self.tis.go()
        self.assertEqual(len(tpm.random_of(self.tis.response())), 4)

    def test_nobody_else_reaches_the_fifo(self):
        other = Tis(self.machine, 2)
        self.tis.ready()
        other.put(tpm.STARTUP)
        other.go()
        self.assertEqual(self.tis.status(), READY)
        self.tis.put(tpm.get_random(4))
        other.ready()
        self.tis.go()
        self.tis.wait_for_data()
        self.assertEqual(other.get(4, 4), bytes([NO_BYTE] * 4))
        self.assertEqual(other.value('STS'), 0xffffffff)
        self.assertEqual(len(tpm.random_of(self.tis.response())), 4)

    def test_the_longest_command(self):
        """It is whole with its last byte; what the TPM says to it is another matter."""
        command = (tpm.NO_SESSIONS.to_bytes(2, 'big') + (4096).to_bytes(4, 'big') +
                   tpm.get_random(4)[6:]).ljust(4096, b'\0')
        self.tis.ready()
        self.assertEqual(self.tis.burst_count(), 4096)
        self.tis.put(command[:4092], 4)
        self.tis.put(command[4092:4095])
        self.assertEqual((self.tis.status(), self.tis.burst_count()), (VALID | EXPECT, 1))
        self.tis.put(command[4095:])
        self.assertEqual((self.tis.status(), self.tis.burst_count()), (VALID, 0))
        self.tis.go()
        self.assertNotEqual(tpm.code_of(self.tis.response()), tpm.SUCCESS)
        self.assert_works()


@on_both
class States(StartedTis):
    def test_a_command_without_ready(self):
        self.tis.put(tpm.get_random(4))
        self.tis.go()
        self.assertEqual(self.tis.status(), VALID)
        self.assertEqual(self.tis.get(1), bytes([NO_BYTE]))

    def test_ready_again(self):
        self.tis.ready()
        self.tis.ready()
        self.assertEqual(self.tis.status(), READY)
        self.assert_works()

    def test_an_abandoned_command(self):
        for sent in (1, 2, 6, 7, 11, 12):
            self.tis.ready()
            self.tis.put(tpm.get_random(40)[:sent])
            self.tis.ready()
            qemu.poll(lambda: self.tis.status() == READY)
            self.assertEqual(self.tis.burst_count(), 4096)
            self.assert_works()

    def test_an_abandoned_response(self):
        for taken in (0, 1, 9, 21):
            self.tis.start(tpm.get_random(9))
            self.tis.wait_for_data()
            self.tis.get(taken)
            self.tis.ready()
            self.assertEqual(self.tis.status(), READY)
            self.assertEqual(self.tis.get(1), bytes([NO_BYTE]))
            self.assert_works()

    def test_response_retry(self):
        self.tis.start(tpm.get_random(16))
        self.tis.wait_for_data()
        first = self.tis.get(28, 4)
        self.assertEqual(self.tis.status(), VALID)
        for taken in (0, 1, 7, 28):
            self.tis.set('STS', Tis.RETRY)
            self.assertEqual((self.tis.status(), self.tis.burst_count()), (VALID | DATA, 28))
            self.assertEqual(self.tis.get(taken), first[:taken])
        self.tis.ready()
        self.tis.set('STS', Tis.RETRY)
        self.assertEqual(self.tis.status(), READY)

    def test_go_too_early(self):
        self.tis.ready()
        self.tis.go()
        self.assertEqual(self.tis.status(), READY)
        command = tpm.get_random(4)
        self.tis.put(command[:11])
        self.tis.go()
        self.assertEqual(self.tis.status(), VALID | EXPECT)
        self.tis.put(command[11:])
        self.tis.go()
        self.assertEqual(len(self.tis.response()), 16)
        self.tis.go()
        self.assertEqual(self.tis.status(), VALID)

    def test_several_requests_at_once(self):
        self.tis.ready()
        for value in (Tis.GO | Tis.READY, Tis.GO | Tis.RETRY, Tis.READY | Tis.RETRY, 0,
                      Tis.GO | Tis.READY | Tis.RETRY):
            self.tis.put(tpm.get_random(4)[:1])
            self.tis.set('STS', value)
            self.assertEqual(self.tis.status(), VALID | EXPECT)

    def test_status_by_bytes(self):
        self.tis.write(0x18, Tis.READY, 1)
        self.assertEqual(self.tis.status(), READY)
        for offset in (0x19, 0x1a):
            self.tis.write(offset, 0xff, 1)
            self.assertEqual(self.tis.status(), READY)
        self.tis.put(tpm.get_random(4))
        self.tis.write(0x18, Tis.GO, 2)
        self.assertEqual(len(self.tis.response()), 16)
        self.assertEqual(self.tis.read(0x18, 1), VALID)
        self.tis.ready()
        self.assertEqual((self.tis.burst_count(), self.tis.read(0x1a, 2)), (4096, 0x0410))
        self.assertEqual(self.tis.read(0x19, 1), 0xff)  # not the 0 of 0x1000
        self.tis.put(b'\x80')
        self.assertEqual((self.tis.burst_count(), self.tis.read(0x19, 1)), (4095, 0xff))

    def test_cancel(self):
        self.tis.start(LONG_COMMAND)
        self.tis.set('STS', Tis.CANCEL)
        self.assertIn(tpm.code_of(self.tis.response()), (tpm.CANCELED, tpm.SUCCESS))
        self.assert_works()

    def test_cancel_of_nothing(self):
        self.tis.set('STS', Tis.CANCEL)
        self.tis.ready()
        self.tis.set('STS', Tis.CANCEL)
        self.assertEqual(self.tis.status(), READY)
        self.assert_works()

    def test_ready_while_a_command_runs(self):
        self.tis.start(LONG_COMMAND)
        self.tis.ready()
        qemu.poll(lambda: self.tis.status() == READY)
        self.assert_works()

    def test_what_is_written_while_a_command_runs(self):
        self.tis.start(LONG_COMMAND)
        self.tis.put(b'some bytes that are lost')
        self.tis.go()
        self.assertEqual(self.tis.get(1), bytes([NO_BYTE]))
        self.tis.set('STS', Tis.CANCEL)
        self.assertIn(tpm.code_of(self.tis.response()), (tpm.CANCELED, tpm.SUCCESS))

    def test_a_reset_of_the_machine(self):
        for prepare in (self.tis.ready, lambda: self.tis.put(tpm.STARTUP[:8]),
                        lambda: self.tis.start(LONG_COMMAND)):
            prepare()
            self.machine.reset()
            self.assert_fields(self.tis, 'ACCESS', tpmRegValidSts=1, tpmEstablishment=1)
            self.assertEqual(self.tis.value('STS'), 0xffffffff)
            self.tis.request()
            self.assertEqual((self.tis.status(), self.tis.burst_count()), (0, 4096))
            self.assertEqual(tpm.code_of(self.tis.run(tpm.get_random(4))), tpm.INITIALIZE)
            self.assertEqual(tpm.code_of(self.tis.run(tpm.STARTUP)), tpm.SUCCESS)

    def test_sizes_that_are_wrong(self):
        whole = tpm.get_random(4)
        for size in (10, 11, 13, 100):
            self.tis.ready()
            command = whole[:2] + size.to_bytes(4, 'big') + whole[6:]
            self.tis.put(command.ljust(size, b'\0')[:size])
            self.assertEqual(self.tis.status(), VALID)
            self.tis.go()
            self.assertNotEqual(tpm.code_of(self.tis.response()), tpm.SUCCESS)
            self.assert_works()

    def test_sizes_of_less_than_a_header(self):
        for size in (0, 1, 6):
            self.tis.ready()
            self.tis.put(b'\x80\x01' + size.to_bytes(4, 'big'))
            self.assertEqual(self.tis.status(), VALID)
            self.tis.ready()
            qemu.poll(lambda: self.tis.status() == READY)
            self.assert_works()
