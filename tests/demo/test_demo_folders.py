"""Where the demo keeps its state, and what is left of it."""

from __future__ import annotations

import os

import pytest

from demo.folders import DISK, MEMORY, FolderError, folders


def test_nothing_is_left_of_a_run():
    with folders(None) as made:
        assert made.state.is_dir()
        assert made.runtime.is_dir()
        (made.state / "file").write_text("x", encoding="utf-8")
    assert not made.state.exists()
    assert not made.runtime.exists()


def test_nothing_is_left_of_a_run_that_failed():
    with pytest.raises(ZeroDivisionError), folders(None) as made:
        raise ZeroDivisionError
    assert not made.state.exists()
    assert not made.runtime.exists()


def test_the_state_is_on_a_disk_and_the_runtime_folder_in_memory_where_both_exist():
    with folders(None) as made:
        for folder, wanted in ((made.state, DISK), (made.runtime, MEMORY)):
            assert folder.parent == wanted or not os.access(wanted, os.W_OK)


def test_nobody_else_may_look_into_them():
    with folders(None) as made:
        assert [folder.stat().st_mode & 0o777 for folder in (made.state, made.runtime)] == [0o700, 0o700]


def test_what_is_to_be_kept_stays(tmp_path):
    keep = tmp_path / "a" / "b"
    with folders(keep) as made:
        assert made.state == keep
        (keep / "file").write_text("x", encoding="utf-8")
    assert (keep / "file").exists()
    assert not made.runtime.exists()


def test_a_folder_that_is_in_use_is_not_taken(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(FolderError, match="is not empty"), folders(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(FolderError, match="cannot be used"), folders(tmp_path / "file" / "below"):
        pass


def test_a_folder_that_is_too_deep_for_a_socket_is_told_before_anything_starts(tmp_path):
    with pytest.raises(FolderError, match="107 bytes"), folders(tmp_path / ("d" * 107)):
        pass
