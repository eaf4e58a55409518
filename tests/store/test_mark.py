"""The mark: what it keeps, and that a bad place on the disk under it costs the mark and nothing else."""

from __future__ import annotations

import contextlib
import errno
import os

import pytest

from gateway.errors import StoreError
from gateway.store.mark import PAGE, Mark, Position

POSITION = Position("0123456789abcdef", 3, 41, 7, (1, 2, 3, 4))


def bad_place(_handle, _size, _offset):
    raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.fixture
def path(tmp_path):
    with contextlib.closing(Mark(tmp_path / "mark")) as mark:
        mark.write(POSITION)
    return tmp_path / "mark"


def test_a_mark_is_found_again(path):
    with contextlib.closing(Mark(path)) as mark:
        assert mark.read() == POSITION
    assert path.stat().st_size == PAGE


def test_a_new_mark_says_nothing(tmp_path):
    with contextlib.closing(Mark(tmp_path / "new")) as mark:
        assert mark.read() is None


def test_a_damaged_mark_says_nothing(path):
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)
    with contextlib.closing(Mark(path)) as mark:
        assert mark.read() is None


def test_a_mark_on_a_bad_place_is_begun_anew_somewhere_else(path):
    before = path.stat()
    with path.open("rb") as kept, contextlib.closing(Mark(path, bad_place)) as mark:
        assert mark.read() is None
        mark.write(POSITION)
        assert path.stat().st_ino != before.st_ino
        assert not os.fstat(kept.fileno()).st_nlink
    with contextlib.closing(Mark(path)) as mark:
        assert mark.read() == POSITION


def test_a_place_that_cannot_be_used_is_named(tmp_path):
    with pytest.raises(StoreError, match="nowhere"):
        Mark(tmp_path / "nowhere" / "mark")
