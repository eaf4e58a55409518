"""A TCP connection that is used like a serial port: bytes out, and whatever has come in."""

from __future__ import annotations

import select
import socket
import time
from typing import Final

RECEIVE_BYTES = 4096


class TcpPort:
    """One open connection. Its methods raise OSError when it is lost.

    Args:
        host: name or address of the far end.
        port: its port.
        timeout_s: the longest that connecting and sending wait, and reading where `timeout` is not set.
    """

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self.timeout: float | None = timeout_s
        self._socket: Final = socket.create_connection((host, port), timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._waiting = bytearray()

    @property
    def in_waiting(self) -> int:
        """How many bytes have come in and not been read."""
        while self._receive(0.0):
            pass
        return len(self._waiting)

    def write(self, data: bytes, /) -> int:
        """Send all of `data`."""
        self._socket.sendall(data)
        return len(data)

    def read(self, size: int = 1, /) -> bytes:
        """Up to `size` bytes; fewer when `timeout` seconds have passed."""
        deadline_s = time.monotonic() + (self.timeout or 0.0)
        while len(self._waiting) < size and self._receive(max(0.0, deadline_s - time.monotonic())):
            pass
        data = bytes(self._waiting[:size])
        del self._waiting[:size]
        return data

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _receive(self, wait_s: float) -> bool:
        """Whether something came in within `wait_s`."""
        readable, _, _ = select.select([self._socket], [], [], wait_s)
        if not readable:
            return False
        data = self._socket.recv(RECEIVE_BYTES)
        if not data:
            raise ConnectionError("the far end has closed the connection")
        self._waiting += data
        return True


def open_tcp(address: str, timeout_s: float) -> TcpPort:
    """Connect to `address`, such as `plc.local:502` or `[fd00::7]:502`.

    Raises:
        OSError: it is no such address, or nobody listens there.
    """
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 0xFFFF:  # noqa: PLR2004 - ports have 16 bits
        raise OSError(f"{address!r} is no host:port")
    return TcpPort(host.strip("[]"), int(port), timeout_s)
