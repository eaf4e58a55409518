"""The socket: a line in, a line out, and nobody can keep it from closing."""

from __future__ import annotations

import asyncio
import json

import pytest

from twin import api
from twin.api import listening
from twin.client import TwinNotRunningError, ask, socket_path


class EchoDesk:
    """Answers every line with itself; waits where a test says so."""

    def __init__(self):
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = asyncio.Event()

    async def answer(self, line):
        self.asked.set()
        await self.gate.wait()
        return {"line": line.decode().strip()}


@pytest.fixture
def desk():
    return EchoDesk()


async def test_a_request_is_answered(tmp_path, desk):
    async with listening(tmp_path, desk):
        assert await ask(tmp_path, {"ask": "status"}) == {"line": '{"ask":"status"}'}
        assert await ask(str(tmp_path), {"ask": "ä"}) == {"line": '{"ask":"ä"}'}


async def test_one_connection_may_ask_many_times(tmp_path, desk):
    async with listening(tmp_path, desk):
        reader, writer = await asyncio.open_unix_connection(socket_path(tmp_path))
        writer.write(b"one\ntwo\n")
        answers = [json.loads(await reader.readline()) for _ in range(2)]
        assert answers == [{"line": "one"}, {"line": "two"}]
        writer.close()
        await writer.wait_closed()


async def test_only_its_owner_may_use_it(tmp_path, desk):
    async with listening(tmp_path, desk):
        assert socket_path(tmp_path).stat().st_mode & 0o777 == 0o600


async def test_what_an_earlier_twin_left_is_replaced_and_nothing_is_left_behind(tmp_path, desk):
    socket_path(tmp_path).touch()
    async with listening(tmp_path, desk):
        assert "line" in await ask(tmp_path, {})
    assert not socket_path(tmp_path).exists()


async def test_without_a_twin_the_asker_is_told(tmp_path):
    with pytest.raises(TwinNotRunningError, match="no twin answers at"):
        await ask(tmp_path, {"ask": "status"})


async def test_a_line_that_is_too_long_is_refused(tmp_path, desk, monkeypatch):
    monkeypatch.setattr(api, "LINE_BYTES_MAX", 100)
    async with listening(tmp_path, desk):
        assert await ask(tmp_path, {"x": "y" * 200}) == {"error": "a request has at most 100 bytes"}
        assert "line" in await ask(tmp_path, {})


async def test_half_a_line_gets_no_answer(tmp_path, desk):
    async with listening(tmp_path, desk):
        reader, writer = await asyncio.open_unix_connection(socket_path(tmp_path))
        writer.write(b'{"ask":')
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
    assert not desk.asked.is_set()


async def test_connections_are_bounded(tmp_path, desk, monkeypatch):
    monkeypatch.setattr(api, "CONNECTIONS_MAX", 1)
    async with listening(tmp_path, desk):
        _, first = await asyncio.open_unix_connection(socket_path(tmp_path))
        first.write(b"hello\n")
        await desk.asked.wait()
        with pytest.raises(TwinNotRunningError, match=r"twin\.sock"):
            await ask(tmp_path, {})
        first.close()
        await first.wait_closed()


async def test_an_idle_connection_does_not_keep_it_open(tmp_path, desk):
    async with asyncio.timeout(10), listening(tmp_path, desk):
        reader, writer = await asyncio.open_unix_connection(socket_path(tmp_path))
        writer.write(b"hello\n")
        await reader.readline()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_closing_waits_for_what_was_asked(tmp_path, desk):
    desk.gate.clear()
    async with listening(tmp_path, desk):
        asking = asyncio.create_task(ask(tmp_path, {}))
        await desk.asked.wait()
        asyncio.get_running_loop().call_soon(desk.gate.set)
    with pytest.raises(TwinNotRunningError):
        await asking
