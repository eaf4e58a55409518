"""What strace wrote down becomes steps, and steps become what a disk may hold after a power cut."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tests.faults.disklog import SECTOR_BYTES, State, Step, parse

DB, WAL, NOTES = "/s/edgetwin.db", "/s/edgetwin.db-wal", "/m/notes"


def hexed(data):
    return "".join(f"\\x{byte:02x}" for byte in data)


LINES = [
    "100 --- SIGCONT {si_signo=SIGCONT} ---",
    f'101 pwrite64(14<{DB}>, "{hexed(b"one")}", 3, 1024) = 3',
    f'100 write(9<{NOTES}>, "{hexed(b"taken 1")}", 7) = 7',
    f"101 fdatasync(14<{DB}> <unfinished ...>",
    f'100 write(9<{NOTES}>, "{hexed(b"taken 2")}", 7) = 7',
    "101 <... fdatasync resumed>) = 0",
    f'101 pwrite64(15<{WAL}>, "{hexed(b"two")}", 3, 0 <unfinished ...>',
    "101 <... pwrite64 resumed>) = 3",
    f"101 ftruncate(15<{WAL}>, 3) = 0",
    f'101 unlink("{hexed(WAL.encode())}") = 0',
    "101 +++ exited with 0 +++",
]


def test_lines_become_steps_in_the_order_in_which_they_took_effect():
    assert list(parse(LINES)) == [
        Step("write", DB, 1024, b"one"),
        Step("write", NOTES, 0, b"taken 1"),
        Step("write", NOTES, 0, b"taken 2"),
        Step("flush", DB),
        Step("write", WAL, 0, b"two"),
        Step("truncate", WAL, 3),
        Step("unlink", WAL),
    ]


def test_what_is_noted_is_kept_apart_from_the_disk():
    state = State({DB: b""}, NOTES)
    for step in parse(LINES[:4]):
        state.do(step)
    assert state.noted == b"taken 1"
    assert NOTES not in state.cut(random.Random(1))


sizes = st.integers(1, 3 * SECTOR_BYTES)
writes = st.lists(st.tuples(st.integers(0, 4000), sizes), max_size=6)


@given(before=writes, after=writes, seed=st.integers(0, 1000))
def test_what_was_flushed_is_there_and_what_was_not_may_be_kept_dropped_or_torn(before, after, seed):
    state = State({DB: b""}, NOTES)
    solid = bytearray()
    for number, (at, size) in enumerate(before, 1):
        data = bytes([number]) * size
        state.do(Step("write", DB, at, data))
        solid.extend(bytes(max(0, at + size - len(solid))))
        solid[at : at + size] = data
    state.do(Step("flush", DB))
    loose = {place for at, size in after for place in range(at, at + size)}
    for at, size in after:
        state.do(Step("write", DB, at, b"\xff" * size))
    found = state.cut(random.Random(seed))[DB]
    for place, byte in enumerate(solid):
        assert found[place] == byte or (place in loose and found[place] == 0xFF)


def test_a_lying_disk_forgets_what_it_said_was_flushed():
    lost = 0
    for seed in range(50):
        state = State({DB: b""}, NOTES)
        state.do(Step("write", DB, 0, b"x"), lying=True)
        state.do(Step("flush", DB), lying=True)
        lost += state.cut(random.Random(seed))[DB] != b"x"
    assert 0 < lost < 50
