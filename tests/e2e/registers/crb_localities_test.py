# SPDX-License-Identifier: Apache-2.0
"""The command/response buffer interface: five localities. QEMU's device has only the first."""
import itertools
import random

import layout
import machine as qemu
import tpm
from case import Case, Crb

SOFTWARE = range(4)  # locality 4 is the hardware's
LONG_COMMAND = tpm.create_rsa_primary(3072)


class Arbitration:
    """What LOC_CTRL does, in the words of the profile."""

    def __init__(self):
        self.active = None
        self.waiting = set()
        self.seized = set()

    def _activate(self, locality):
        self.active = locality
        self.waiting.discard(locality)
        self.seized.discard(locality)

    def write(self, locality, value):
        action = value & 7
        if action == Crb.RELINQUISH:
            if self.active == locality:
                self._activate(max(self.waiting, default=None))
            else:
                self.waiting.discard(locality)
        elif action in (Crb.REQUEST, Crb.SEIZE) and self.active is None:
            self._activate(locality)
        elif action == Crb.REQUEST and self.active != locality:
            self.waiting.add(locality)
        elif action == Crb.SEIZE and locality > self.active:
            self.seized.add(self.active)
            self._activate(locality)

    def state(self):
        """LOC_STATE, the same in all pages."""
        return 0x81 if self.active is None else 0x83 | self.active << 2

    def status(self, locality):
        """LOC_STS."""
        return int(self.active == locality) | int(locality in self.seized) << 1


class CrbLocalities(Case):
    interface = 'crb'

    def setUp(self):
        super().setUp()
        self.pages = [Crb(self.machine, locality) for locality in qemu.LOCALITIES]

    def start_up(self):
        """From locality 0: not every one may (Part 3, 9.3)."""
        self.assertEqual(self.pages[0].session(), tpm.SUCCESS)
        self.pages[0].relinquish()

    def assert_follows(self, model):
        values = self.machine.read_all([(page.page + offset, 4) for offset in (0x00, 0x08, 0x0c)
                                        for page in self.pages])
        self.assertEqual(values, [model.state()] * 5 + [0] * 5 +
                         [model.status(locality) for locality in qemu.LOCALITIES])

    def play(self, moves):
        model = Arbitration()
        for locality, value in moves:
            self.pages[locality].set('LOC_CTRL', value)
            model.write(locality, value)
            self.assert_follows(model)

    def test_one_at_a_time(self):
        for locality in SOFTWARE:
            self.play([(locality, Crb.REQUEST), (locality, Crb.REQUEST), (locality, Crb.RELINQUISH),
                       (locality, Crb.RELINQUISH), (locality, Crb.SEIZE),
                       (locality, Crb.RELINQUISH)])

    def test_all_pairs(self):
        for a, b in itertools.permutations(SOFTWARE, 2):
            self.machine.reset()
            self.play([(a, Crb.REQUEST), (b, Crb.REQUEST), (b, Crb.RELINQUISH), (b, Crb.REQUEST),
                       (b, Crb.REQUEST), (a, Crb.RELINQUISH), (a, Crb.SEIZE), (b, Crb.SEIZE),
                       (a, Crb.REQUEST), (b, Crb.REQUEST), (a, Crb.RELINQUISH),
                       (b, Crb.RELINQUISH), (a, Crb.RELINQUISH), (b, Crb.RELINQUISH)])

    def test_the_highest_that_waits_is_next(self):
        for order in itertools.permutations(SOFTWARE):
            self.machine.reset()
            first = order[0]
            self.play([(locality, Crb.REQUEST) for locality in order] + [(first, Crb.RELINQUISH)] +
                      [(locality, Crb.RELINQUISH) for locality in reversed(SOFTWARE)
                       if locality != first])

    def test_each_seizes_from_the_one_below(self):
        self.play([(0, Crb.REQUEST)] + [(locality, Crb.SEIZE) for locality in SOFTWARE] +
                  [(locality, Crb.SEIZE) for locality in reversed(SOFTWARE)] +
                  [(locality, Crb.REQUEST) for locality in SOFTWARE] +
                  [(locality, Crb.RELINQUISH) for locality in reversed(SOFTWARE)])

    def test_a_write_that_asks_for_several_things(self):
        self.play([(0, value) for value in (3, 5, 6, 7, 0, 0xfffffff0, 0xffffffff)] +
                  [(1, Crb.REQUEST)] +
                  [(locality, value) for locality in (0, 1, 2) for value in (3, 5, 6, 7, 15, 0)])

    def test_a_fight(self):
        source = random.Random(20)
        values = (Crb.REQUEST, Crb.RELINQUISH, Crb.SEIZE, 3, 0)
        self.play([(source.choice(SOFTWARE), source.choice(values)) for _ in range(400)])

    def test_the_control_area_is_the_active_localitys(self):
        for a, b in itertools.permutations(SOFTWARE, 2):
            self.machine.reset()
            self.start_up()
            active, other = self.pages[a].request(), self.pages[b]
            other.request()
            active.ready()
            active.set('CTRL_CANCEL', 1)
            self.assert_fields(active, 'CTRL_STS')
            self.assert_fields(other, 'CTRL_STS', tpmIdle=1)
            other.ready()
            other.set('CTRL_CANCEL', 1)
            self.assert_fields(other, 'CTRL_STS', tpmIdle=1)
            self.assertEqual(other.value('CTRL_CANCEL'), 0)
            other.idle()
            self.assert_fields(active, 'CTRL_STS')
            other.start(tpm.get_random(4))
            self.assertFalse(other.running())
            self.assertEqual(self.machine.read_bytes(other.page + layout.CRB_BUFFER, 12),
                             tpm.get_random(4))
            self.assertEqual(tpm.code_of(active.run(tpm.get_random(4))), tpm.SUCCESS)

    def test_commands_come_from_their_locality(self):
        self.start_up()
        for locality in SOFTWARE:
            page = self.pages[locality].request()
            page.ready()
            # PCR 22 is locality 2's to reset (PTP 4.6.2).
            result = tpm.code_of(page.run(tpm.command(0x13d, tpm.authorized(22), tpm.SESSIONS)))
            self.assertEqual(result, tpm.SUCCESS if locality == 2 else tpm.LOCALITY, locality)
            page.relinquish()

    def test_buffers_are_apart(self):
        for page in self.pages[:4]:
            page.put(bytes([page.locality + 1]) * (qemu.PAGE - layout.CRB_BUFFER))
        for page in self.pages[:4]:
            self.assertEqual(
                self.machine.read_bytes(page.page + layout.CRB_BUFFER,
                                        qemu.PAGE - layout.CRB_BUFFER),
                bytes([page.locality + 1]) * (qemu.PAGE - layout.CRB_BUFFER))

    def test_seizing_from_a_command_that_runs(self):
        for a, b in itertools.combinations(SOFTWARE, 2):
            self.machine.reset()
            victim, winner = self.pages[a], self.pages[b]
            self.start_up()
            victim.request()
            victim.ready()
            with self.machine.stopped_tpm():
                victim.start(LONG_COMMAND)
                winner.seize()
                winner.ready()
            self.assertFalse(victim.running())
            self.assert_fields(victim, 'LOC_STS', beenSeized=1)
            self.assert_fields(winner, 'LOC_STS', Granted=1)
            qemu.poll(lambda: winner.value('CTRL_REQ') == 0)
            self.assert_fields(winner, 'CTRL_STS')
            self.assertEqual(len(tpm.random_of(winner.run(tpm.get_random(9)))), 9)
            # The victim's buffer has kept its command: the response was nobody's.
            self.assertEqual(self.machine.read_bytes(victim.page + layout.CRB_BUFFER, 10),
                             LONG_COMMAND[:10])
            winner.relinquish()
            self.assertEqual(self.pages[a].request().value('LOC_STS'), 1)

    def test_two_that_fight_over_commands(self):
        low, high = self.pages[1], self.pages[3]
        self.start_up()
        for _ in range(5):
            low.request()
            low.ready()
            low.start(LONG_COMMAND)
            high.seize()
            high.ready()
            qemu.poll(lambda: high.value('CTRL_REQ') == 0)
            low.request()
            self.assertEqual(tpm.code_of(high.run(tpm.get_random(4))), tpm.SUCCESS)
            high.relinquish()
            self.assertTrue(low.granted())
            low.ready()
            self.assertEqual(tpm.code_of(low.run(tpm.get_random(4))), tpm.SUCCESS)

    def test_a_reset_ends_every_claim(self):
        for locality in (0, 2, 1):
            self.pages[locality].request()
        self.pages[3].seize()
        self.machine.reset()
        self.assert_follows(Arbitration())
