"""The runtime directory: one daemon at a time, its status socket, and what libraries want to leave lying about."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pwd
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import structlog

from gateway.core.settings import Site
from gateway.errors import StoreBusyError, StoreError

SOCKET_NAME = "status.sock"
LOCK_NAME = "daemon.lock"
REQUEST_BYTES_MAX = 4096
"""A question is a short line; who sends more does not speak our language."""
ANSWER_S_MAX = 5.0
"""So long somebody may take to ask and to read the answer."""
UNKNOWN = {"error": 'unknown question; known are {"ask":"status"}, "why", "set" and "release"'}
PEER = struct.Struct("iII")
"""`struct ucred`: process, user, group."""

log = structlog.get_logger("app")


def anchored(site: Site) -> Site:
    """`site` with absolute paths: the library for GPIO moves the process to another directory when it is loaded."""
    link, store = site.link, site.store
    tls = link.tls and msgspec.structs.replace(
        link.tls, ca=_absolute(link.tls.ca), cert=_absolute(link.tls.cert), key=_absolute(link.tls.key)
    )
    return msgspec.structs.replace(
        site,
        link=msgspec.structs.replace(link, password_file=_absolute(link.password_file), tls=tls),
        store=msgspec.structs.replace(
            store,
            directory=os.path.abspath(store.directory),  # noqa: PTH100 - a text stays a text
            runtime_directory=os.path.abspath(store.runtime_directory),  # noqa: PTH100 - as above
        ),
    )


def _absolute(path: str | None) -> str | None:
    return None if path is None else os.path.abspath(path)  # noqa: PTH100 - a text stays a text


@contextlib.contextmanager
def hold(directory: Path) -> Iterator[None]:
    """Have the runtime directory alone. Two daemons in it would take each other's readings for their own.

    Raises:
        StoreBusyError: another daemon has it.
        StoreError: it cannot be made or written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        hint = "store.runtime_directory must exist, or be makeable, and be writable by this user"
        raise StoreError(f"cannot use the runtime directory {directory}: {error.strerror}", hint=hint) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            hint = "stop it, or give this one its own store.runtime_directory"
            raise StoreBusyError(f"another edgetwin has the runtime directory {directory}", hint=hint) from None
        with _given("LG_WD", str(directory)):  # Where lgpio puts its pipe; else it lies where the daemon was started.
            yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _given(name: str, value: str) -> Iterator[None]:
    """An environment variable, where nobody has set it."""
    absent = name not in os.environ
    os.environ.setdefault(name, value)
    try:
        yield
    finally:
        if absent:
            del os.environ[name]


Answer = Callable[[bytes, str], Awaitable[dict[str, Any] | None]]
"""Answers a line from a user, by login name; None where it is no question."""


async def _no_answer(_line: bytes, _by: str) -> None:
    """Where only the status can be asked."""


@contextlib.asynccontextmanager
async def status_socket(
    directory: Path, report: Callable[[], dict[str, Any]], others: Answer = _no_answer
) -> AsyncIterator[None]:
    """Answer one line of JSON with one line of JSON, to whoever may open the socket: this user and root.

    Every question that is not for the status is one for `others`.

    Without a socket the work goes on: nobody can ask how it goes, that is all.
    """
    asking: set[asyncio.Task[None] | None] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asking.add(task := asyncio.current_task())
        try:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(ANSWER_S_MAX):
                    line = await _line(reader)
                    said = report() if _is_status(line) else await others(line, _user(writer)) or UNKNOWN
                    writer.write(msgspec.json.encode(said) + b"\n")
                    writer.close()
                    await writer.wait_closed()
        finally:
            asking.discard(task)
            writer.transport.abort()  # Closed only, it would wait for ever for somebody who does not read.

    path = directory / SOCKET_NAME
    try:
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(answer, path, limit=REQUEST_BYTES_MAX)
        os.chmod(path, 0o600)  # noqa: PTH101 - once, at start
    except OSError as error:
        hint = "a path of at most 107 bytes, in store.runtime_directory, is allowed"
        log.error("status cannot be asked", place=str(path), reason=error.strerror or str(error), hint=hint)
        yield
        return
    try:
        yield
    finally:
        server.close()
        # Nobody who asks slowly keeps the actuators from their safe values.
        for task in filter(None, tuple(asking)):
            task.cancel()
        path.unlink(missing_ok=True)


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:  # More than a line may hold.
        return b""


def _is_status(line: bytes) -> bool:
    try:
        return msgspec.json.decode(line, type=dict[str, Any]).get("ask") == "status"
    except (ValueError, RecursionError):  # No JSON, no object, no text.
        return False


def _user(writer: asyncio.StreamWriter) -> str:
    """The login name of who is at the other end, as the kernel says (SO_PEERCRED of unix(7))."""
    found = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size)
    uid = PEER.unpack(found)[1]
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
