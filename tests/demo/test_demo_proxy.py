"""The wire that can be cut: what gets through in every mode, for open and for new connections."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from demo.proxy import Mode, proxy_to


@contextlib.asynccontextmanager
async def echo_server():
    """A server that sends back what it gets, and remembers every connection."""
    seen = []

    async def echo(reader, writer):
        seen.append(writer)
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(1024):
                writer.write(chunk)
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], seen


@pytest.fixture
async def wire():
    async with echo_server() as (port, seen), proxy_to("127.0.0.1", port) as proxy, asyncio.timeout(10):
        proxy.seen = seen
        yield proxy


@contextlib.asynccontextmanager
async def connection(wire):
    reader, writer = await asyncio.open_connection(wire.host, wire.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def echoed(reader, writer, text):
    writer.write(text)
    return await reader.readexactly(len(text)) == text


async def test_what_passes_arrives_whole_and_in_order(wire):
    async with connection(wire) as (reader, writer):
        text = bytes(range(256)) * 2000
        writer.write(text)
        assert await reader.readexactly(len(text)) == text


async def test_who_hangs_up_is_hung_up_on_at_the_other_end(wire):
    async with connection(wire) as (reader, writer):
        assert await echoed(reader, writer, b"hello")
        wire.seen[0].close()
        assert await reader.read() == b""


async def test_a_refusing_wire_resets_what_is_open(wire):
    async with connection(wire) as (reader, writer):
        assert await echoed(reader, writer, b"hello")
        await wire.set_mode(Mode.REFUSE)
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)


async def test_a_refusing_wire_refuses_what_is_new_and_keeps_its_port(wire):
    port = wire.port
    for _ in range(3):
        await wire.set_mode(Mode.REFUSE)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(wire.host, port)
        await wire.set_mode(Mode.PASS)
        async with connection(wire) as (reader, writer):
            assert await echoed(reader, writer, b"back")


async def test_a_dead_wire_holds_everything_and_delivers_it_afterwards(wire):
    async with connection(wire) as (reader, writer):
        assert await echoed(reader, writer, b"before")
        await wire.set_mode(Mode.BLACKHOLE)
        writer.write(b"during")
        reading = asyncio.ensure_future(reader.readexactly(6))
        async with connection(wire) as (other_reader, other_writer):
            other_writer.write(b"new")
            done, _ = await asyncio.wait([reading], timeout=0.1)
            assert not done
            assert len(wire.seen) == 1
            await wire.set_mode(Mode.PASS)
            assert await reading == b"during"
            assert await other_reader.readexactly(3) == b"new"


async def test_a_dead_wire_does_not_tell_that_somebody_has_gone(wire):
    async with connection(wire) as (reader, writer):
        assert await echoed(reader, writer, b"before")
        await wire.set_mode(Mode.BLACKHOLE)
        writer.write(b"last words")
    server_side = wire.seen[0]
    await asyncio.wait([asyncio.ensure_future(server_side.wait_closed())], timeout=0.1)
    assert not server_side.is_closing()
    await wire.set_mode(Mode.PASS)
    await server_side.wait_closed()


async def test_a_slow_wire_delivers_late(wire):
    await wire.set_mode(Mode.DELAY, 0.05)
    loop = asyncio.get_running_loop()
    async with connection(wire) as (reader, writer):
        began = loop.time()
        assert await echoed(reader, writer, b"slow")
        assert loop.time() - began >= 0.1


async def test_a_target_that_is_not_there_ends_the_connection():
    async with proxy_to("127.0.0.1", 1) as proxy, connection(proxy) as (reader, _):
        assert await reader.read() == b""


async def test_closing_ends_a_connection_that_waits_on_a_dead_wire():
    async with echo_server() as (port, _):
        async with proxy_to("127.0.0.1", port) as proxy:
            await proxy.set_mode(Mode.BLACKHOLE)
            reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        assert await reader.read() == b""
        writer.close()
