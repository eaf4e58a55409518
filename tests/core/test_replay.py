"""A recording gives the same as the readings did when they were live, with times of day and intervals too."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.reading import Quality
from gateway.core.replay import Sample, replay
from gateway.core.schedule import Calendar
from tests.core.rulebook import Book, rule, told, when

START_S = 1_772_429_000
RULES = (
    rule("low", when=when(below=20.0, clear=50.0, for_s=7.0), otherwise={"pump/on": False}, cooldown_s=20.0),
    rule("often", every_s=45.0, lasts_s=10.0, when=when(above=10.0), otherwise={"pump/on": False}, priority=7),
    rule("daily", at=("05:25", "05:30"), then={"valve/open": True}),
    rule("window", when=when(channel=None, between="05:24 to 05:27"), then={"fan/on": True}),
)
STEPS = st.tuples(
    st.integers(1, 90), st.sampled_from([5.0, 15.0, 30.0, 60.0]), st.sampled_from([Quality.GOOD, Quality.BAD])
)


def live(samples, pokes):
    """As the daemon does it: a reading when it comes, a look whenever something is due, and looks without a reason."""
    first, pokes = samples[0].time_s, sorted(pokes)
    book = Book(*RULES, wall_s=0.0, began_s=first)
    book.at(first)
    for sample in samples:
        while True:
            due_s = min([book.book.next_ns / 1e9, *(first + poke for poke in pokes[:1])])
            if due_s >= sample.time_s:
                break
            if pokes and due_s == first + pokes[0]:
                pokes.pop(0)
            book.at(due_s)
        book.read(sample.time_s, sample.value, sample.series, sample.quality)
    return told(book.happened)


@given(st.lists(STEPS, min_size=1, max_size=25), st.lists(st.integers(0, 2000), max_size=15))
def test_a_replay_gives_what_was_live(steps, pokes):
    samples, at = [], START_S
    for step, value, quality in steps:
        at += step
        samples.append(Sample(float(at), "tank/level", value, quality))
    assert told(list(replay(RULES, Calendar(), {}, samples))) == live(samples, pokes)


def test_an_empty_recording_is_nothing():
    assert list(replay(RULES, Calendar(), {}, [])) == []
