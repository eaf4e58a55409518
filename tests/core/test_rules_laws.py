"""Laws of rules, over random readings: `for` is kept, so is the cooldown, and asking more often changes nothing."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.reading import Quality
from gateway.core.settings_rules import InnerSettings, LeafSettings
from tests.core.rulebook import Book, rule, when

LEVELS = st.sampled_from([5.0, 15.0, 19.0, 20.0, 30.0, 50.0, 80.0])
QUALITIES = st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.GOOD, Quality.BAD])
STEPS = st.tuples(st.integers(1, 20), st.sampled_from(["tank/level", "well/level"]), LEVELS, QUALITIES)
RUNS = st.lists(STEPS, min_size=1, max_size=40)
DELAYS, COOLDOWNS = st.sampled_from([0.0, 3.0, 10.0]), st.sampled_from([0.0, 15.0])


def timed(run):
    at = 0
    for step, series, value, quality in run:
        at += step
        yield at, series, value, quality


def rules_of(delay, cooldown):
    low = when(below=20.0, clear=50.0, for_s=delay)
    dry = LeafSettings(channel="tank/level", below=30.0), LeafSettings(channel="tank/level", bad=True)
    both = when(channel=None, for_s=delay, all_=(
        InnerSettings(channel="well/level", above=15.0, stale_after_s=25.0),
        InnerSettings(any_=dry),
    ))  # fmt: skip
    return (
        rule("fill", when=low, otherwise={"pump/on": False}, cooldown_s=cooldown),
        rule("both", when=both, then={"pump/on": False, "valve/open": True}, priority=3, cooldown_s=cooldown),
        rule("often", every_s=17.0, lasts_s=5.0, otherwise={"pump/on": False}, priority=7),
    )


def played(run, rules, pokes=()):
    """Everything that happens; `pokes` are moments at which somebody asks without a reason."""
    book, pokes = Book(*rules), sorted(pokes)
    for at, series, value, quality in timed(run):
        while pokes and pokes[0] <= at:
            book.at(pokes.pop(0))
        book.read(at, value, series, quality)
    book.at(1000)
    return book.happened


@given(RUNS, DELAYS, COOLDOWNS, st.lists(st.floats(0, 500), max_size=20))
def test_asking_in_between_changes_nothing(run, delay, cooldown, pokes):
    rules = rules_of(delay, cooldown)[:2]
    assert played(run, rules, pokes) == played(run, rules) == played(run, rules)


@given(RUNS, DELAYS)
def test_no_rule_fires_before_its_condition_held_for_its_time(run, delay):
    readings = [(at, value, quality) for at, series, value, quality in timed(run) if series == "tank/level"]
    held_from = None
    for one in played(run, [rule(when=when(below=20.0, for_s=delay))]):
        if one.kind != "fired":
            continue
        at = one.at_ns / 1e9
        held_from = None
        for seen, value, quality in readings:
            if seen > at or (delay and seen == at):  # What held until then has held for its time.
                break
            low = quality is Quality.GOOD and value < 20.0
            held_from = (seen if held_from is None else held_from) if low else None
        assert held_from is not None
        assert at - held_from >= delay


@given(RUNS, DELAYS, COOLDOWNS)
def test_the_cooldown_is_kept(run, delay, cooldown):
    for name in ("fill", "both"):
        fired = [
            one.at_ns / 1e9 for one in played(run, rules_of(delay, cooldown)) if (one.rule, one.kind) == (name, "fired")
        ]
        assert all(later - sooner >= cooldown for sooner, later in itertools.pairwise(fired))


@given(RUNS, DELAYS, COOLDOWNS)
def test_firing_and_letting_go_take_turns(run, delay, cooldown):
    for name in ("fill", "both"):
        kinds = [one.kind for one in played(run, rules_of(delay, cooldown)) if one.rule == name]
        assert kinds == ["fired", "released"] * (len(kinds) // 2) + ["fired"] * (len(kinds) % 2)


@given(RUNS, DELAYS, COOLDOWNS)
def test_what_is_wanted_is_what_the_most_urgent_standing_rule_wants(run, delay, cooldown):
    rules = {one.name: one for one in rules_of(delay, cooldown)}
    book = Book(*rules.values())
    for at, series, value, quality in timed(run):
        book.read(at, value, series, quality)
        standing = [rules[name] for name, state in book.book.rules.items() if state.active]
        if standing:
            best = min(standing, key=lambda one: one.priority)
            channels = [channel for channel in best.then if channel in book.wanted]
            assert all(book.wanted[channel] == best.then[channel] for channel in channels)
            assert "pump/on" in channels
