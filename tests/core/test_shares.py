"""The account between live readings and what waits on the disk, in bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.shares import STORED_SHARE, Shares

SIZES = st.lists(st.tuples(st.integers(1, 60_000), st.integers(1, 60_000)), min_size=1, max_size=200)


def test_live_readings_go_first():
    assert not Shares().stored_next(live=True, stored=True)


def test_who_is_alone_has_the_link():
    assert Shares().stored_next(live=False, stored=True)
    assert not Shares().stored_next(live=True, stored=False)


@given(SIZES)
def test_while_both_wait_each_gets_its_share_but_for_one_batch(sizes):
    """However the sizes of the batches differ, and at every moment."""
    shares, sent = Shares(), {True: 0, False: 0}
    for live_bytes, stored_bytes in sizes:
        stored = shares.stored_next(live=True, stored=True)
        size = stored_bytes if stored else live_bytes
        shares.sent(size, stored=stored)
        sent[stored] += size
        total, largest = sum(sent.values()), max(max(one) for one in sizes)
        assert sent[True] >= STORED_SHARE * total - largest
        assert sent[False] >= (1 - STORED_SHARE) * total - largest


@given(st.lists(st.integers(1, 60_000), min_size=1, max_size=50))
def test_a_long_time_without_live_readings_costs_what_is_stored_no_more_than_its_last_batches(sizes):
    shares = Shares()
    for size in sizes:
        assert shares.stored_next(live=False, stored=True)
        shares.sent(size, stored=True)
    live_bytes = 0
    while not shares.stored_next(live=True, stored=True):
        shares.sent(100, stored=False)
        live_bytes += 100
    assert live_bytes <= max(sizes) * (1 - STORED_SHARE) / STORED_SHARE + 200


def test_live_readings_that_are_due_again_the_moment_after_get_their_share_all_the_same():
    shares, sent = Shares(), {True: 0, False: 0}
    for moment in range(4000):
        stored = shares.stored_next(live=moment % 40 > 0, stored=True)
        shares.sent(100, stored=stored)
        sent[stored] += 100
    assert sent[False] / sum(sent.values()) >= 1 - STORED_SHARE - 1 / 40
