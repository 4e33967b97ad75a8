# SPDX-License-Identifier: Apache-2.0
"""The FIFO interface: who may use it."""
import itertools

import machine as qemu
import tpm
from case import Tis, on_both
from localities import SOFTWARE, Arbitrated, Claims

BASE = 0x81          # tpmRegValidSts, tpmEstablishment
REQUEST_USE, PENDING, BEEN_SEIZED, ACTIVE = 0x02, 0x04, 0x10, 0x20
LONG_COMMAND = tpm.create_rsa_primary(3072)


class Arbitration(Claims):
    """What ACCESS does, in the words of the profile. Where a write sets several bits, Seize goes
    first, and then activeLocality."""

    def write(self, locality, value):
        if value & Tis.SEIZED:
            self.seized.discard(locality)
        if value & Tis.SEIZE:
            if self.active is None or locality > self.active:
                if self.active is not None:
                    self.seized.add(self.active)
                self.activate(locality)
            return
        owned = self.active == locality
        if value & Tis.RELINQUISH:
            self.relinquish(locality)
        if value & Tis.REQUEST and not owned:
            if self.active is None:
                self.activate(locality)
            else:
                self.waiting.add(locality)

    def access(self, locality):
        value = BASE
        for condition, bit in ((locality in self.waiting, REQUEST_USE),
                               (self.waiting - {locality}, PENDING),
                               (locality in self.seized, BEEN_SEIZED),
                               (self.active == locality, ACTIVE)):
            value |= bit if condition else 0
        return value


@on_both
class Localities(Arbitrated):
    interface = 'tis'
    driver = Tis
    control = 'ACCESS'
    arbitration = Arbitration
    clears_seized = (Tis.SEIZED,)
    weapons = Tis.REQUEST, Tis.SEIZE, Tis.SEIZED, Tis.RELINQUISH

    def assert_follows(self, model, move=None):
        values = self.machine.read_all([(page.page, 1) for page in self.pages] +
                                       [(page.page + 0x18, 4) for page in self.pages])
        self.assertEqual(values[:5], [model.access(locality) for locality in qemu.LOCALITIES], move)
        for locality, status in enumerate(values[5:]):
            self.assertEqual(status == 0xffffffff, locality != model.active)

    def test_seizing_upwards(self):
        """Each locality is active once while all below request and try to seize, and all above
        request, and then seize one after the other."""
        for middle in SOFTWARE:
            self.machine.reset()
            moves = [(middle, Tis.REQUEST)]
            for below in range(middle):
                moves += [(below, Tis.REQUEST), (below, Tis.SEIZE)]
            for above in range(middle + 1, 4):
                moves += [(above, Tis.REQUEST), (above, Tis.SEIZE), (above - 1, Tis.SEIZED)]
            moves += [(locality, Tis.RELINQUISH) for locality in reversed(SOFTWARE)]
            self.play(moves)

    def test_bits_that_cannot_be_written(self):
        self.play([(0, 0x81), (0, 0x04), (0, Tis.REQUEST), (0, 0x85), (1, 0x85), (1, 0)])

    def test_several_bits_at_once(self):
        for first, second in itertools.permutations(SOFTWARE, 2):
            self.machine.reset()
            self.play([(first, Tis.REQUEST)] + [
                (locality, value) for value in (0x3a, 0x0a, 0x28, 0x30, 0x12, 0xff)
                for locality in (second, first)])

    def test_a_seized_locality_notices(self):
        self.start_up()
        low, high = self.pages[1].request(), self.pages[2]
        low.ready()
        low.put(tpm.get_random(4)[:5])
        high.seize()
        self.assertEqual(low.value('STS'), 0xffffffff)
        low.put(tpm.get_random(4)[5:])
        low.go()
        self.assertEqual(len(tpm.random_of(high.run(tpm.get_random(6)))), 6)
        high.finish()
        self.assertEqual(low.value('ACCESS'), BASE | BEEN_SEIZED)
        low.request()
        self.assertEqual(len(tpm.random_of(low.run(tpm.get_random(5)))), 5)
        self.assertEqual(low.value('ACCESS'), BASE | BEEN_SEIZED | ACTIVE)
        low.set('ACCESS', Tis.SEIZED)
        self.assertEqual(low.value('ACCESS'), BASE | ACTIVE)

    def test_seizing_from_a_command_that_runs(self):
        self.start_up()
        for a, b in itertools.combinations(SOFTWARE, 2):
            victim, winner = self.pages[a].request(), self.pages[b]
            victim.start(LONG_COMMAND)
            winner.seize()
            qemu.poll(winner.granted)
            self.assertEqual(victim.value('ACCESS'), BASE | BEEN_SEIZED)
            winner.ready()
            qemu.poll(lambda: winner.status() == 0x40)
            self.assertEqual(len(tpm.random_of(winner.run(tpm.get_random(7)))), 7)
            winner.finish()
            victim.set('ACCESS', Tis.SEIZED)
            self.assertEqual(victim.value('ACCESS'), BASE)

    def test_locality_4_is_not_the_guests(self):
        for value in (Tis.REQUEST, Tis.SEIZE, 0xff):
            self.play([(0, Tis.REQUEST)])
            self.pages[4].set('ACCESS', value)
            self.assertEqual(self.pages[4].value('ACCESS'), BASE)
            self.assertEqual(self.pages[0].value('ACCESS'), BASE | ACTIVE)
            self.pages[0].relinquish()
