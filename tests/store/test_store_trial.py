"""Whether a store that could not be opened is back: the disk is told from a mistake, and a trial harms nothing."""

from __future__ import annotations

import errno
import sqlite3

import pytest

from gateway.core.settings import StoreSettings
from gateway.errors import StoreBusyError, StoreDownError
from gateway.store import standin
from gateway.store.database import FILE_NAME
from gateway.store.files import down_of
from gateway.store.standin import try_store
from tests.fakes.clock import FakeClock
from tests.store.shelf import shelf_in


@pytest.mark.parametrize(
    ("error", "down"),
    [
        (OSError(errno.ENOSPC, "full"), True),
        (OSError(errno.EROFS, "read-only"), True),
        (OSError(errno.EIO, "dying"), True),
        (OSError(errno.EACCES, "not ours"), True),
        (OSError(errno.ENOTDIR, "a file"), False),
        (OSError(errno.EEXIST, "a file"), False),
        (sqlite3.IntegrityError("no such luck"), False),
    ],
)
def test_the_disk_is_told_from_a_mistake(error, down):
    assert isinstance(down_of(error, "cannot"), StoreDownError) is down


async def tried(folder):
    await try_store(StoreSettings(directory=str(folder), runtime_directory=str(folder / "run")))


async def test_a_trial_writes_to_the_disk_and_leaves_what_it_found(tmp_path):
    await tried(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    async with shelf_in(tmp_path, FakeClock()) as shelf:
        shelf.read(1.0)
        with pytest.raises(StoreBusyError):
            await tried(tmp_path)
    await tried(tmp_path)
    async with shelf_in(tmp_path, FakeClock()) as shelf:
        assert shelf.outbox.ledger.total().waiting == 1


async def test_a_trial_of_a_damaged_database_leaves_it_for_the_start_to_set_aside(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"no database at all" * 100)
    await tried(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == b"no database at all" * 100


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
async def test_a_trial_fails_where_the_disk_takes_nothing(tmp_path, monkeypatch, number):
    def fail(_handle):
        raise OSError(number, "it takes nothing")

    monkeypatch.setattr(standin.os, "fsync", fail)
    with pytest.raises(StoreDownError, match="takes nothing"):
        await tried(tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_a_trial_fails_where_the_database_cannot_be_opened(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(StoreDownError, match="unable to open"):
        await tried(tmp_path)
