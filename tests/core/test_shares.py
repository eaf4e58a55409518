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


@given(st.integers(1, 10**9))
def test_what_was_left_over_by_live_readings_is_not_held_against_what_took_it(size):
    shares = Shares()
    shares.stored_next(live=True, stored=True)
    shares.sent(size, stored=False)
    assert shares.stored_next(live=True, stored=True)
    shares.sent(size, stored=True)
    assert shares.stored_next(live=False, stored=True)
    # From here on as from the beginning: live first, and then at once what is stored.
    assert not shares.stored_next(live=True, stored=True)
    shares.sent(1, stored=False)
    assert shares.stored_next(live=True, stored=True)
