"""The outbox against a model, through faults.

Whatever happens in whatever order (readings, batches, acknowledgements, commits that fail, SIGKILL and power cut at any
durable step, a lost database), no reading that was promised is missing from the twin in the end, none is in it twice or
under another's number, and every count is what it should be. `tests/store/mutants.py` shows that it notices.
"""

from __future__ import annotations

import math
import random
import sys

from hypothesis import Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.core.reading import Lane
from tests.store.acts import EVERYTHING, WORKS
from tests.store.books import GATED, UNITS
from tests.store.deeds import DEEDS, ENDS, deed, end, go_on
from tests.store.holding import HOLDINGS
from tests.store.site import Site

some_lane = st.sampled_from([Lane.NORMAL, Lane.NORMAL, Lane.NORMAL, Lane.HIGH, Lane.LOW, Lane.CRITICAL])
some_readings = st.lists(
    st.tuples(st.sampled_from(sorted(UNITS)), some_lane, st.sampled_from([0, 0.001, 1])), min_size=1, max_size=6
)
some_work = st.lists(st.sampled_from(WORKS), max_size=3)
mostly = st.sampled_from([True, True, False])
rarely = st.sampled_from([False, False, True])
seeds = st.integers(0, 2**32 - 1)


class OutboxMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.site = Site()

    @initialize(readings=some_readings, seed=seeds)
    def begin_with_a_past(self, readings, seed: int) -> None:
        """What a box has that is not new: readings of an earlier epoch on the disk, under numbers that come again."""
        self.site.read([*readings, ("room/temperature", Lane.NORMAL, 1), ("panel/text", Lane.HIGH, 0)])
        self.site.stop()
        self.site.start()
        go_on(self.site, random.Random(seed), 6)

    # Steps in peace.

    @rule(readings=some_readings)
    def read(self, readings) -> None:
        self.site.read(readings)

    @rule(series=st.sampled_from(sorted(GATED)), how=st.sampled_from(HOLDINGS))
    def hold(self, series: str, how: str) -> None:
        self.site.hold(series, how)

    @rule(series=st.sampled_from(sorted(UNITS)))
    def suppress(self, series: str) -> None:
        self.site.suppress(series)

    @rule(limit=st.integers(1, 20), arrives=mostly)
    def send_live(self, limit: int, arrives: bool) -> None:
        self.site.send_live(limit, arrives=arrives)

    @rule(limit=st.sampled_from([1, 5, EVERYTHING]), arrives=mostly)
    def send_stored(self, limit: int, arrives: bool) -> None:
        self.site.send_stored(limit, arrives=arrives)

    @rule(picks=st.lists(st.integers(0, 30), min_size=1, max_size=4), nonsense=st.booleans())
    def acknowledge(self, picks: list[int], nonsense: bool) -> None:
        if nonsense:
            self.site.acknowledge_nonsense()
        self.site.acknowledge_some(picks)

    @rule()
    def acknowledge_all_that_the_twin_holds(self) -> None:
        self.site.acknowledge_all()

    @rule(pick=st.integers(0, 30))
    def reject(self, pick: int) -> None:
        self.site.reject(pick)

    @rule(some=st.booleans(), reading=st.booleans())
    def lose_link(self, some: bool, reading: bool) -> None:
        if reading:
            self.site.lose_link_while_reading_the_disk()
        self.site.lose_link(some=some)

    @rule(before=some_work, after=some_work, fails=rarely)
    def commit(self, before: list[str], after: list[str], fails: bool) -> None:
        if fails:
            self.site.fail_to_commit(before)
        self.site.commit(before, after)

    @rule(seed=seeds, steps=st.integers(2, 10))
    def go_on_for_a_while(self, seed: int, steps: int) -> None:
        go_on(self.site, random.Random(seed), steps)

    @rule(segment_bytes=st.sampled_from([1.0, 200.0, math.inf]))
    def find_the_link_slow(self, segment_bytes: float) -> None:
        self.site.box.opened.outbox.segment_bytes = segment_bytes

    # Faults.

    @rule(before=some_work, after=some_work, at_rest=st.booleans())
    def stop_and_start(self, before: list[str], after: list[str], at_rest: bool) -> None:
        if at_rest:
            self.site.settle()
            before = after = []
        self.site.stop(before, after)
        self.site.start(forgetful=bool(before or after))

    @rule(
        doing=st.sampled_from(DEEDS), fuse=st.integers(0, 9), how=st.sampled_from(ENDS), dies_again=rarely,
        readings=some_readings, works=some_work,
    )  # fmt: skip
    def die(self, doing: str, fuse: int, how: str, dies_again: bool, readings, works: list[str]) -> None:
        end(self.site, deed(self.site, doing, readings, works), fuse, how)
        if dies_again:
            self.site.die(self.site.box.start, fuse)
        self.site.start(forgetful=how != "kill" or doing == "stop")
        go_on(self.site, random.Random(fuse), 3)

    @invariant()
    def every_reading_is_accounted_for(self) -> None:
        self.site.check()

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:  # Or what failed would be hidden by what fails because of it.
                self.site.drain()
        finally:
            self.site.box.close()


# The same examples every time. Without `phases`, Hypothesis looks for a smaller failing example, which takes minutes.
OutboxMachine.TestCase.settings = hypothesis_settings(
    max_examples=100,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
)
test_outbox_keeps_its_promises = OutboxMachine.TestCase
