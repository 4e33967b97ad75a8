# SPDX-License-Identifier: Apache-2.0
"""The command/response buffer interface: five localities. QEMU's device has only the first."""
import itertools

import layout
import machine as qemu
import tpm
from case import Case, Crb
from localities import SOFTWARE, Arbitrated, Claims

LONG_COMMAND = tpm.create_rsa_primary(3072)


class Arbitration(Claims):
    """What LOC_CTRL does, in the words of the profile."""

    def activate(self, locality):
        super().activate(locality)
        self.seized.discard(locality)

    def write(self, locality, value):
        action = value & 7
        if action == Crb.RELINQUISH:
            self.relinquish(locality)
        elif action in (Crb.REQUEST, Crb.SEIZE) and self.active is None:
            self.activate(locality)
        elif action == Crb.REQUEST and self.active != locality:
            self.waiting.add(locality)
        elif action == Crb.SEIZE and locality > self.active:
            self.seized.add(self.active)
            self.activate(locality)

    def state(self):
        """LOC_STATE, the same in all pages."""
        return 0x81 if self.active is None else 0x83 | self.active << 2

    def status(self, locality):
        """LOC_STS."""
        return int(self.active == locality) | int(locality in self.seized) << 1


class CrbLocalities(Arbitrated, Case):
    interface = 'crb'
    driver = Crb
    control = 'LOC_CTRL'
    arbitration = Arbitration
    weapons = Crb.REQUEST, Crb.RELINQUISH, Crb.SEIZE, 3, 0

    def assert_follows(self, model, move=None):
        values = self.machine.read_all([(page.page + offset, 4) for offset in (0x00, 0x08, 0x0c)
                                        for page in self.pages])
        self.assertEqual(values, [model.state()] * 5 + [0] * 5 +
                         [model.status(locality) for locality in qemu.LOCALITIES], move)

    def test_each_seizes_from_the_one_below(self):
        self.play([(0, Crb.REQUEST)] + [(locality, Crb.SEIZE) for locality in SOFTWARE] +
                  [(locality, Crb.SEIZE) for locality in reversed(SOFTWARE)] +
                  [(locality, Crb.REQUEST) for locality in SOFTWARE] +
                  [(locality, Crb.RELINQUISH) for locality in reversed(SOFTWARE)])

    def test_a_write_that_asks_for_several_things(self):
        self.play([(0, value) for value in (3, 5, 6, 7, 0, 0xfffffff0, 0xffffffff)] +
                  [(1, Crb.REQUEST)] +
                  [(locality, value) for locality in (0, 1, 2) for value in (3, 5, 6, 7, 15, 0)])

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
