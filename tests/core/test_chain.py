"""The chain of the event log: whatever is done to an entry shows, and dropping the oldest does not."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.chain import NOTHING, Anchor, Entry, anchor_of, digest_of, verify

entries = st.builds(
    Entry,
    id=st.just(0),
    boot_id=st.text(max_size=8),
    boottime_ns=st.integers(0, 2**62),
    time_s=st.floats(0, 4e9),
    clock=st.sampled_from(["synchronised", "unsynchronised"]),
    kind=st.text(max_size=8),
    data=st.text(max_size=30),
)
logs = st.lists(entries, min_size=1, max_size=12)


def chained(log):
    previous, rows = NOTHING, []
    for number, entry in enumerate(log, 1):
        numbered = entry._replace(id=number)
        previous = digest_of(previous, numbered)
        rows.append((numbered, previous))
    return rows


def test_a_digest_is_what_the_page_says():
    entry = Entry(1, "b", 5, 1.5, "synchronised", "start", '{"epoch":"x"}')
    text = b'[1,"b",5,1.5,"synchronised","start","{\\"epoch\\":\\"x\\"}"]'
    assert digest_of(None, entry) == hashlib.sha256(bytes(32) + text).digest()


@given(logs)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_what_nobody_touched_is_whole(log):
    rows = chained(log)
    assert verify(Anchor(), rows) == (Anchor(len(log), rows[-1][1]), len(log), [])


@given(logs, st.data())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_what_was_dropped_with_its_digest_kept_leaves_a_whole_chain(log, data):
    rows = chained(log)
    gone = data.draw(st.integers(0, len(rows) - 1))
    anchor = Anchor(gone, rows[gone - 1][1]) if gone else Anchor()
    assert verify(anchor, rows[gone:]).problems == []


@given(logs, st.data())
@settings(max_examples=300, deadline=None, derandomize=True)
def test_every_alteration_of_an_entry_shows_at_that_entry(log, data):
    rows = chained(log)
    place = data.draw(st.integers(0, len(rows) - 1))
    field = data.draw(st.sampled_from([name for name in Entry._fields if name != "id"]))
    other = getattr(data.draw(entries), field)
    entry, digest = rows[place]
    if other == getattr(entry, field):
        return
    rows[place] = entry._replace(**{field: other}), digest
    assert verify(Anchor(), rows).problems == [f"entry {place + 1}: altered, or the one before it was"]


@given(logs, st.data())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_an_entry_that_is_left_out_shows(log, data):
    rows = chained(log)
    place = data.draw(st.integers(0, len(rows) - 1))
    del rows[place]
    problems = verify(Anchor(), rows).problems
    assert bool(problems) == (place < len(rows))  # Of the newest only somebody who has seen it can tell.


def test_entries_that_change_places_show():
    rows = chained([Entry(0, "b", number, 1.0, "synchronised", "a", "{}") for number in range(3)])
    (first, one), (second, two) = rows[1], rows[2]
    rows[1:] = [(first._replace(id=3), one), (second._replace(id=2), two)][::-1]
    assert verify(Anchor(), rows).problems


def test_rows_older_than_the_chain_have_no_digest_and_may_have_none():
    old = Entry(1, "", 0, 1.0, "synchronised", "old", "{}")
    new = old._replace(id=2)
    assert verify(Anchor(1), [(old, None), (new, digest_of(None, new))]).problems == []
    assert verify(Anchor(1), [(old, b"x"), (new, digest_of(None, new))]).problems != []


@pytest.mark.parametrize("digest", [None, b"", b"x" * 32])
def test_a_digest_that_was_damaged_shows_once(digest):
    rows = chained([Entry(0, "b", number, 1.0, "synchronised", "a", "{}") for number in range(4)])
    rows[1] = rows[1][0], digest
    # Its own entry does not fit, and neither does the next, which was chained to the true one.
    assert [one.split(":")[0] for one in verify(Anchor(), rows).problems] == ["entry 2", "entry 3"]


def test_the_problems_that_are_named_are_few():
    rows = [(Entry(number, "", 0, 1.0, "", "", ""), b"") for number in range(1, 100)]
    assert len(verify(Anchor(), rows, problems_max=5).problems) == 5


def test_an_anchor_is_read_from_its_text():
    assert anchor_of("") == Anchor()
    assert anchor_of("7:" + "AB" * 32) == Anchor(7, b"\xab" * 32)


@pytest.mark.parametrize("wrong", ["7", "x:" + "00" * 32, "7:0", ":", "7:zz"])
def test_what_is_no_anchor_is_refused(wrong):
    with pytest.raises(ValueError, match=r"."):
        anchor_of(wrong)
