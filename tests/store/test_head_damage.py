"""A damaged head file: it is noticed, said, and no number of the old epoch is given to another reading."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from gateway.core.reading import Lane, Reading
from gateway.store.database import FILE_NAME
from gateway.store.head import FRAME, HEADER, SEARCH_BYTES, Head
from gateway.store.recovery import HEAD_NAME
from tests.fakes.clock import FakeClock
from tests.store.shelf import records, shelf_in

FRAMES = [b"one" * 9, b"two" * 9, b"three" * 9]


@pytest.fixture
def path(tmp_path):
    """A head file with three frames, that nobody closed."""
    with Head(tmp_path / "outbox.head") as head:
        head.begin(b"state")
        for frame in FRAMES:
            assert head.append(frame)
    return tmp_path / "outbox.head"


def flip(path, offset):
    """Flip a bit in the current half, which of a new file is the second."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2 + offset] ^= 4
    path.write_bytes(data)


def recovered(path):
    """The frames that are found, None where not even the state is; and whether damage is."""
    with Head(path) as head:
        found = head.recover()
        return found and found.frames, head.damaged


FIRST = HEADER.size + len(b"state")
SECOND = FIRST + FRAME.size + len(FRAMES[0])


def test_what_is_whole_is_not_called_damaged(path):
    assert recovered(path) == (FRAMES, False)


@pytest.mark.parametrize("offset", [0, 4, FRAME.size, FRAME.size + 5])
def test_damage_in_the_middle_is_told_from_an_end(path, offset):
    """In the length (which then leads anywhere), in the CRC, in the data."""
    flip(path, SECOND + offset)
    assert recovered(path) == (FRAMES[:1], True)


@pytest.mark.parametrize("offset", [0, 9, 18, 22, 25, HEADER.size + 2])
def test_a_damaged_beginning_is_told_from_an_empty_file(path, offset):
    flip(path, offset)
    assert recovered(path) == (None, True)


def test_a_process_that_died_in_the_middle_of_its_last_frame_left_no_damage(path):
    last = SECOND + FRAME.size + len(FRAMES[1])
    flip(path, last + FRAME.size + 3)
    assert recovered(path) == (FRAMES[:2], False)


def test_a_new_file_is_not_damaged(tmp_path):
    assert recovered(tmp_path / "outbox.head") == (None, False)


async def test_a_damaged_head_file_is_said_and_gives_no_number_twice(tmp_path):
    """The seal that gave the numbers is behind the damage: the readings come again, under numbers of the new epoch."""
    clock = FakeClock()
    async with shelf_in(tmp_path, clock) as shelf:
        for value in (1.0, 2.0, 3.0):
            shelf.read(value)
        first = shelf.outbox._head._position
        sent = {(one.key, record.seq): record.value for one in shelf.outbox.take_live(9) for record in records([one])}
        for value in (4.0, 5.0):
            shelf.read(value)
        shelf.abandon()
    path = tmp_path / "run" / HEAD_NAME
    data = bytearray(path.read_bytes())
    data[first + FRAME.size] ^= 1
    path.write_bytes(data)
    with capture_logs() as logs:
        async with shelf_in(tmp_path, clock) as shelf:
            again = {
                (one.key, record.seq): record.value for one in shelf.outbox.take_live(9) for record in records([one])
            }
            assert sent.keys().isdisjoint(again)
            assert sorted(again.values()) == [1.0, 2.0, 3.0]
            assert all(tally.balanced for tally in shelf.outbox.ledger.tallies)
    assert any("head file damaged" in entry["event"] for entry in logs)


async def test_damage_that_looks_like_an_end_gives_no_number_twice_either(tmp_path):
    """The length of a frame that is longer than anybody searches behind it: nothing of what follows is found."""
    clock = FakeClock()
    async with shelf_in(tmp_path, clock) as shelf:
        shelf.read(0.0)
        first = shelf.outbox._head._position
        many = [Reading("a/x", float(n), clock.boottime_ns(), clock.wall_ns()) for n in range(1, 400)]
        shelf.outbox.append_all([(one, "Cel") for one in many for _ in range(4)], Lane.NORMAL)
        sent = {
            (one.key, record.seq): record.value for one in shelf.outbox.take_live(2000) for record in records([one])
        }
        shelf.abandon()
    assert len(sent) == 1 + 4 * 399
    path = tmp_path / "run" / HEAD_NAME
    data = bytearray(path.read_bytes())
    assert int.from_bytes(data[first : first + 4], "little") > SEARCH_BYTES
    data[first + 3] ^= 64
    path.write_bytes(data)
    async with shelf_in(tmp_path, clock) as shelf:
        again = {(one.key, record.seq): record.value for one in shelf.outbox.take_live(9) for record in records([one])}
        assert sent.keys().isdisjoint(again)
        assert list(again.values()) == [0.0]


async def test_what_is_on_the_disk_and_open_in_a_damaged_head_file_is_counted_as_both(tmp_path):
    """As many are on the disk as the head file thinks open, for they are the same; both will be acknowledged."""
    clock = FakeClock()
    async with shelf_in(tmp_path, clock) as shelf:
        for value in (1.0, 2.0, 3.0):
            shelf.read(value)
        first = shelf.outbox._head._position
        await shelf.committer.commit()
        shelf.read(4.0)
        shelf.abandon()
    path = tmp_path / "run" / HEAD_NAME
    data = bytearray(path.read_bytes())
    data[first + FRAME.size] ^= 1
    path.write_bytes(data)
    async with shelf_in(tmp_path, clock) as shelf:
        assert shelf.outbox.ledger.total().waiting == 6
        shelf.acknowledge(shelf.outbox.take_live(9) + await shelf.outbox.take_stored(9))
        total = shelf.outbox.ledger.total()
        assert (total.waiting, total.acknowledged, total.balanced) == (0, 6, True)


async def test_a_database_that_has_become_a_new_one_is_told_by_its_mark(tmp_path):
    clock = FakeClock()
    async with shelf_in(tmp_path, clock) as shelf:
        shelf.read(1.0)
    for file in tmp_path.glob(f"{FILE_NAME}*"):
        file.unlink()
    with capture_logs() as logs:
        async with shelf_in(tmp_path, clock, store_id="f" * 16):
            assert [entry["waiting"] for entry in logs if "the store is a new one" in entry["event"]] == [1]
