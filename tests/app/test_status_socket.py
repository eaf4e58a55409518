"""The status socket and those who ask slowly, not to the end, or not at all; and what a whole daemon answers."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from gateway.app.runtime import SOCKET_NAME, UNKNOWN, status_socket
from tests.app.running import LONGEST_S, daemon, site_in

QUESTION = b'{"ask":"status"}\n'
LARGE = "x" * 4_000_000
"""More than the kernel holds for one who does not read."""


@pytest.fixture
async def path(tmp_path):
    async with asyncio.timeout(LONGEST_S), status_socket(tmp_path, lambda: {"gateway": "gw"}):
        yield tmp_path / SOCKET_NAME


@contextlib.asynccontextmanager
async def client(path, line=b"", **options):
    reader, writer = await asyncio.open_unix_connection(path, **options)
    writer.write(line)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_one_who_says_nothing_keeps_nobody_else_waiting(path):
    async with client(path), client(path, b'{"ask"'), client(path, QUESTION) as (reader, _):
        assert await reader.read() == b'{"gateway":"gw"}\n'


async def test_one_who_ends_in_the_middle_of_a_question_is_told_what_can_be_asked(path):
    async with client(path, b'{"ask":"sta') as (reader, writer):
        writer.write_eof()
        assert b"unknown question" in await reader.read()


async def test_one_who_hangs_up_harms_nobody(path):
    for line in (b"", b'{"ask"', QUESTION):
        async with client(path, line) as (_, writer):
            writer.transport.abort()
    async with client(path, QUESTION) as (reader, _):
        assert await reader.read() == b'{"gateway":"gw"}\n'


async def test_a_long_answer_arrives_whole(tmp_path):
    async with (
        asyncio.timeout(LONGEST_S),
        status_socket(tmp_path, lambda: {"gateway": LARGE}),
        client(tmp_path / SOCKET_NAME, QUESTION) as (reader, _),
    ):
        assert len(await reader.read()) == len(LARGE) + len('{"gateway":""}\n')


async def one_round():
    """Let every task go as far as it can without time passing."""
    for _ in range(5):
        await asyncio.sleep(0)


def answering():
    return [task for task in asyncio.all_tasks() if task.get_coro().__name__ == "answer"]


@pytest.mark.parametrize("line", [b"", QUESTION], ids=["asks nothing", "does not read"])
async def test_a_stop_waits_for_no_client(tmp_path, line):
    asked = asyncio.Event()

    def report():
        asked.set()
        return {"gateway": LARGE}

    async with asyncio.timeout(LONGEST_S), contextlib.AsyncExitStack() as clients:
        async with status_socket(tmp_path, report):
            reader, _ = await clients.enter_async_context(client(tmp_path / SOCKET_NAME, line, limit=1024))
            while not answering() or (line and not asked.is_set()):
                await one_round()
            await one_round()
        await one_round()
        assert not answering()
        with contextlib.suppress(ConnectionError):
            assert len(await reader.read()) < len(LARGE)


async def test_a_daemon_answers_its_status_and_says_no_to_everything_else(tmp_path, monkeypatch):
    async with daemon(site_in(tmp_path), monkeypatch) as one:
        assert (await one.ask())["gateway"] == one.site.gateway
        assert await one.ask(b"garbage\n") == UNKNOWN
        async with client(one.socket):
            assert (await one.ask())["balanced"] is True
    assert not one.socket.exists()
