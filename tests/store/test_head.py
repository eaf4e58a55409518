"""The head file: what comes back after any end is what was written, in order, up to some point, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import StoreError
from gateway.store import head as module
from gateway.store.head import FRAME, HEADER, Head

HALF_BYTES = 512


def opened(path):
    return Head(path, HALF_BYTES)


def recovered(path):
    """(snapshot, frames) as a new process finds them, or None."""
    with opened(path) as head:
        left = head.recover()
        return None if left is None else (left.snapshot, left.frames)


def frames_of(generation, count):
    return [f"frame {number} of generation {generation}".encode() for number in range(count)]


GENERATIONS = [(b"the first", 6), (b"the second", 9), (b"the third", 5), (b"the fourth", 3)]
"""Snapshots and how many frames follow each: every half is used twice, the second time with fewer frames."""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "outbox.head"


def write_all(path, generations=GENERATIONS):
    with opened(path) as head:
        assert head.recover() is None
        for number, (snapshot, count) in enumerate(generations, 1):
            assert head.begin(snapshot)
            assert all(head.append(data) for data in frames_of(number, count))


def test_what_is_written_comes_back(path):
    write_all(path)
    assert recovered(path) == (b"the fourth", frames_of(4, 3))


def test_a_new_file_and_one_of_zeros_hold_nothing(path):
    assert recovered(path) is None
    path.write_bytes(bytes(2 * HALF_BYTES))
    assert recovered(path) is None


@pytest.mark.parametrize("generations", range(1, len(GENERATIONS) + 1))
def test_the_newest_generation_counts_and_nothing_of_those_before_it(path, generations):
    write_all(path, GENERATIONS[:generations])
    snapshot, count = GENERATIONS[generations - 1]
    assert recovered(path) == (snapshot, frames_of(generations, count))


def test_frames_that_an_earlier_generation_left_in_the_same_place_do_not_come_back(path):
    same = [b"frame %d" % number for number in range(6)]
    with opened(path) as head:
        for used in (6, 1, 2):
            head.begin(b"as long as the others")
            for data in same[:used]:
                head.append(data)
    assert recovered(path) == (b"as long as the others", same[:2])


def test_the_next_process_goes_on_with_a_generation_of_its_own(path):
    write_all(path)
    with opened(path) as head:
        head.recover()
        head.begin(b"the fifth")
        head.append(b"one")
    assert recovered(path) == (b"the fifth", [b"one"])


def test_a_full_half_takes_no_more_and_stays_as_it_is(path):
    with opened(path) as head:
        head.begin(b"snapshot")
        written = 0
        while head.append(b"x" * 40):
            written += 1
        assert written == (HALF_BYTES - HEADER.size - len(b"snapshot")) // (FRAME.size + 40)
        assert not head.append(b"x" * 40)
        assert not head.begin(b"y" * HALF_BYTES)
    assert recovered(path) == (b"snapshot", [b"x" * 40] * written)


def test_a_half_can_be_filled_to_its_last_byte(path):
    rest = HALF_BYTES - HEADER.size - FRAME.size - len(b"snapshot")
    with opened(path) as head:
        head.begin(b"snapshot")
        assert not head.append(b"x" * (rest + 1))
        assert head.append(b"x" * rest)
    assert recovered(path) == (b"snapshot", [b"x" * rest])


def test_what_has_no_room_goes_into_the_other_half_behind_the_state_as_it_is(path):
    with opened(path) as head:
        head.begin(b"empty")
        for number in range(100):
            head.keep(b"frame %3d " % number * 4, lambda number=number: b"state before %d" % number)
    snapshot, frames = recovered(path)
    first = int(snapshot.split()[-1])
    assert frames == [b"frame %3d " % number * 4 for number in range(first, 100)]


def test_a_new_snapshot_is_begun_before_a_half_is_full(path, monkeypatch):
    """Memory that was never touched takes none."""
    monkeypatch.setattr(module, "FRAMES_BYTES", 100)
    with opened(path) as head:
        head.begin(b"empty")
        for number in range(7):
            head.keep(b"x" * 32, lambda number=number: b"state %d" % number)
    assert recovered(path) == (b"state 6", [b"x" * 32])


def test_what_has_no_room_anywhere_is_refused_and_what_there_is_stays(path):
    with opened(path) as head:
        head.begin(b"small")
        head.keep(b"one", lambda: b"small")
        with pytest.raises(StoreError, match="no room"):
            head.keep(b"x" * HALF_BYTES, lambda: b"small")
        with pytest.raises(StoreError, match="no room"):
            head.keep(b"x" * 470, lambda: b"s" * 60)
        head.keep(b"two", lambda: b"small")
    assert recovered(path) == (b"small", [b"one", b"two"])


def states():
    """Everything that was ever true: each generation's snapshot with some of its frames, from the first on."""
    return [
        (snapshot, frames_of(number, kept))
        for number, (snapshot, count) in enumerate(GENERATIONS, 1)
        for kept in range(count + 1)
    ]


@pytest.mark.parametrize("bit", [0, 3, 7])
def test_any_flipped_bit_gives_an_earlier_truth_or_nothing(path, bit):
    write_all(path)
    whole, allowed = path.read_bytes(), states()
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= 1 << bit
        path.write_bytes(data)
        found = recovered(path)
        assert found is None or found in allowed, f"byte {place}"


def test_any_cut_gives_an_earlier_truth_or_nothing(path):
    write_all(path)
    whole, allowed = path.read_bytes(), states()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        found = recovered(path)
        assert found is None or found in allowed, f"cut at {size}"
        assert path.stat().st_size == 2 * HALF_BYTES


def test_a_longer_file_is_read_as_far_as_it_is_ours(path):
    write_all(path)
    with path.open("ab") as file:
        file.write(b"more" * 100)
    assert recovered(path) == (b"the fourth", frames_of(4, 3))


@pytest.mark.parametrize("half_bytes", [256, 400, 1_024])
def test_a_file_of_another_size_gives_an_earlier_truth_or_nothing(path, half_bytes):
    write_all(path)
    with Head(path, half_bytes) as head:
        left = head.recover()
        assert left is None or (left.snapshot, left.frames) in states()


@given(st.binary(max_size=3 * HALF_BYTES), st.integers(0, HALF_BYTES))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_whatever_lies_there_it_is_read_or_not_and_can_be_used(tmp_path_factory, garbage, at):
    path = tmp_path_factory.mktemp("head") / "outbox.head"
    write_all(path)
    data = bytearray(path.read_bytes())
    data[at : at + len(garbage)] = garbage
    path.write_bytes(data)
    found = recovered(path)
    assert found is None or found in states()
    with opened(path) as head:
        head.recover()
        assert head.begin(b"anew")
        assert head.append(b"one")
    assert recovered(path) == (b"anew", [b"one"])


def test_a_place_that_cannot_be_used_is_named(path):
    path.parent.parent.joinpath("run").write_text("a file")
    with pytest.raises(StoreError, match="cannot use the head file") as caught:
        opened(path)
    assert "runtime_directory" in caught.value.hint


def test_only_its_owner_may_read_it(path):
    with opened(path):
        assert path.stat().st_mode & 0o777 == 0o600


def test_it_is_gone_when_it_is_not_needed_any_more(path):
    with opened(path) as head:
        head.discard()
        head.discard()
    assert not path.exists()
