# SPDX-License-Identifier: Apache-2.0
"""Who may use the TPM: what both interfaces say to it in the same way."""
import itertools
import random

import machine as qemu
import tpm

SOFTWARE = range(4)  # locality 4 is the hardware's


class Claims:
    """The localities' claims; how the guest makes them is the interface's."""

    def __init__(self):
        self.active = None
        self.waiting = set()
        self.seized = set()

    def activate(self, locality):
        self.active = locality
        self.waiting.discard(locality)

    def relinquish(self, locality):
        if self.active == locality:
            self.activate(max(self.waiting, default=None))
        else:
            self.waiting.discard(locality)


class Arbitrated:
    """Tests of a Case for an interface, whose claims are an `arbitration` made by writes to
    `control`."""

    driver = None
    control = None
    arbitration = None
    clears_seized = ()  # what clears a locality's being seized from, where that takes a write
    weapons = ()        # what a fight is fought with

    def setUp(self):
        super().setUp()
        self.pages = [self.driver(self.machine, locality) for locality in qemu.LOCALITIES]

    def start_up(self):
        """From locality 0: not every one may (Part 3, 9.3)."""
        self.assertEqual(self.pages[0].session(), tpm.SUCCESS)
        self.pages[0].finish()

    def play(self, moves):
        model = self.arbitration()
        for move in moves:
            locality, value = move
            self.pages[locality].set(self.control, value)
            model.write(locality, value)
            self.assert_follows(model, move)

    def test_one_at_a_time(self):
        driver = self.driver
        for locality in SOFTWARE:
            self.play([(locality, value) for value in
                       (driver.REQUEST, driver.REQUEST, driver.RELINQUISH, driver.RELINQUISH,
                        driver.SEIZE, driver.RELINQUISH)])

    def test_all_pairs(self):
        request, relinquish = self.driver.REQUEST, self.driver.RELINQUISH
        seize = self.driver.SEIZE
        for a, b in itertools.permutations(SOFTWARE, 2):
            self.machine.reset()
            self.play([(a, request), (b, request), (b, relinquish), (b, request), (b, request),
                       (a, relinquish), (a, seize), (b, seize), (a, request), (b, request)] +
                      [(locality, value) for value in self.clears_seized for locality in (a, b)] +
                      [(a, relinquish), (b, relinquish), (a, relinquish), (b, relinquish)])

    def test_the_highest_that_waits_is_next(self):
        request, relinquish = self.driver.REQUEST, self.driver.RELINQUISH
        for order in itertools.permutations(SOFTWARE):
            self.machine.reset()
            first = order[0]
            self.play([(locality, request) for locality in order] + [(first, relinquish)] +
                      [(locality, relinquish) for locality in reversed(SOFTWARE)
                       if locality != first])

    def test_a_fight(self):
        source = random.Random(20)
        self.play([(source.choice(SOFTWARE), source.choice(self.weapons)) for _ in range(400)])

    def test_commands_come_from_their_locality(self):
        self.start_up()
        for locality in SOFTWARE:
            page = self.pages[locality].request()
            page.ready()
            # PCR 22 is locality 2's to reset (PTP 4.6.2).
            result = tpm.code_of(page.run(tpm.command(0x13d, tpm.authorized(22), tpm.SESSIONS)))
            self.assertEqual(result, tpm.SUCCESS if locality == 2 else tpm.LOCALITY, locality)
            page.finish()

    def test_a_reset_ends_every_claim(self):
        for locality in (0, 2, 1):
            self.pages[locality].request()
        self.pages[3].seize()
        self.machine.reset()
        self.assert_follows(self.arbitration())
