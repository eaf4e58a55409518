"""The runtime directory: one daemon at a time, questions answered, and nothing left lying about."""

from __future__ import annotations

import asyncio
import json
import os
import stat

import pytest
from structlog.testing import capture_logs

from gateway.app import runtime
from gateway.app.runtime import LOCK_NAME, REQUEST_BYTES_MAX, SOCKET_NAME, UNKNOWN, anchored, hold, status_socket
from gateway.core.settings import LinkSettings, Site, StoreSettings, TlsSettings
from gateway.errors import StoreBusyError, StoreError

REPORT = {"gateway": "gw", "number": 1.5}


async def ask(folder, line):
    """The answer to what is sent; None where there is none."""
    reader, writer = await asyncio.open_unix_connection(folder / SOCKET_NAME)
    try:
        writer.write(line)
        answer = await reader.readline()
        return json.loads(answer) if answer else None
    finally:
        writer.close()


async def test_the_status_is_answered(tmp_path):
    async with status_socket(tmp_path, lambda: REPORT):
        for _ in range(3):
            assert await ask(tmp_path, b'{"ask":"status"}\n') == REPORT


@pytest.mark.parametrize("line", [
    b"\n",
    b"status\n",
    b'{"ask":"money"}\n',
    b'{"ask":7}\n',
    b"[]\n",
    b"\xff\xfe\n",
    b'"' + b"\\" * 1000 + b"\n",
    b"x" * (2 * REQUEST_BYTES_MAX) + b"\n",
    b"[" * 4000 + b"\n",
])  # fmt: skip
async def test_a_bad_question_is_answered_with_what_can_be_asked(tmp_path, line, caplog):
    async with status_socket(tmp_path, lambda: REPORT):
        assert await ask(tmp_path, line) == UNKNOWN
        assert await ask(tmp_path, b'{"ask":"status"}\n') == REPORT
    assert caplog.records == []


async def test_who_asks_nothing_is_hung_up_on_after_a_while(tmp_path, monkeypatch):
    monkeypatch.setattr(runtime, "ANSWER_S_MAX", 0.01)
    async with status_socket(tmp_path, lambda: REPORT):
        assert await ask(tmp_path, b"") is None


async def test_only_this_user_may_ask(tmp_path):
    async with status_socket(tmp_path, lambda: REPORT):
        assert stat.S_IMODE((tmp_path / SOCKET_NAME).stat().st_mode) == 0o600


async def test_the_socket_of_a_daemon_that_died_is_replaced_and_ours_is_removed(tmp_path):
    (tmp_path / SOCKET_NAME).write_text("left over")
    async with status_socket(tmp_path, lambda: REPORT):
        assert await ask(tmp_path, b'{"ask":"status"}\n') == REPORT
    assert not (tmp_path / SOCKET_NAME).exists()


async def test_the_socket_is_removed_also_when_the_daemon_ends_by_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError):
        async with status_socket(tmp_path, lambda: REPORT):
            raise ZeroDivisionError
    assert not (tmp_path / SOCKET_NAME).exists()


@pytest.mark.parametrize("name", ["x" * 120, "missing"])
async def test_where_no_socket_can_be_the_daemon_works_and_says_why(tmp_path, name):
    folder = tmp_path / name
    if name != "missing":
        folder.mkdir()
    with capture_logs() as logs:
        async with status_socket(folder, lambda: REPORT):
            pass
    assert [line["event"] for line in logs] == ["status cannot be asked"]
    assert logs[0]["place"] == str(folder / SOCKET_NAME)
    assert "107 bytes" in logs[0]["hint"]


def test_a_runtime_directory_is_had_by_one_daemon_only(tmp_path):
    with hold(tmp_path), pytest.raises(StoreBusyError, match="another edgetwin"), hold(tmp_path):
        pass
    with hold(tmp_path):
        assert (tmp_path / LOCK_NAME).exists()


def test_a_runtime_directory_is_made_where_there_is_none(tmp_path):
    with hold(tmp_path / "deep" / "er"):
        assert (tmp_path / "deep" / "er").is_dir()


def test_a_runtime_directory_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=str(tmp_path)), hold(tmp_path / "file" / "below"):
        pass


def test_libraries_leave_their_files_in_the_runtime_directory_unless_told_otherwise(tmp_path, monkeypatch):
    monkeypatch.setenv("LG_WD", "")
    monkeypatch.delenv("LG_WD")
    with hold(tmp_path):
        assert os.environ["LG_WD"] == str(tmp_path)
    assert "LG_WD" not in os.environ
    monkeypatch.setenv("LG_WD", "/elsewhere")
    with hold(tmp_path):
        assert os.environ["LG_WD"] == "/elsewhere"


def test_paths_stay_what_they_are_when_the_process_is_moved_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    link = LinkSettings(password_file="secret", tls=TlsSettings(ca="ca.pem", cert="/abs/cert.pem", key="../key.pem"))
    site = anchored(
        Site(gateway="gw", link=link, store=StoreSettings(directory="store", runtime_directory="./run/now"))
    )
    assert site.store.directory == str(tmp_path / "store")
    assert site.store.runtime_directory == str(tmp_path / "run" / "now")
    assert site.link.password_file == str(tmp_path / "secret")
    assert site.link.tls == TlsSettings(
        ca=str(tmp_path / "ca.pem"), cert="/abs/cert.pem", key=str(tmp_path.parent / "key.pem")
    )


def test_what_names_no_file_stays_without_one():
    site = anchored(Site(gateway="gw"))
    assert (site.link.password_file, site.link.tls) == (None, None)
    assert site == Site(gateway="gw")
