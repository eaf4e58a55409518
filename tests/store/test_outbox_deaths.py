"""Every deed, cut short after every durable step, in every way: the outbox goes on as if it had been there or not."""

from __future__ import annotations

import random

import pytest

from gateway.core.reading import Lane
from tests.store.deeds import DEEDS, ENDS, deed, end, go_on
from tests.store.site import Site

PLAN = [("room/temperature", Lane.NORMAL, 1), ("panel/text", Lane.HIGH, 0), ("tank/level", Lane.CRITICAL, 1)]
STEPS_MAX = 10
"""No deed takes more durable steps than this before the interesting ones are over."""


@pytest.fixture
def site():
    made = Site()
    yield made
    made.box.close()


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("name", DEEDS)
def test_a_deed_that_is_cut_short_costs_nothing(site, name, how):
    chance = random.Random(f"{name} {how}")
    for fuse in range(STEPS_MAX):
        go_on(site, chance, 8)
        works = chance.choice([[], ["acknowledge"], ["read", "send live"], ["reject"]])
        end(site, deed(site, name, PLAN, works), fuse, how)
        site.start(forgetful=how != "kill" or name == "stop")
        site.check()
    site.drain()


@pytest.mark.parametrize("fuse", range(8))
def test_a_start_that_is_cut_short_costs_nothing(site, fuse):
    chance = random.Random(fuse)
    for _ in range(3):
        go_on(site, chance, 8)
        site.die(lambda: site.commit([], ["die"]), 99)
        site.die(site.box.start, fuse)
        site.start()
        site.check()
    site.drain()
