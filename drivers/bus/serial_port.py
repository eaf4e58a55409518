"""The serial line: bytes out, and whatever has come in.

Errors of the operating system and of pyserial become `BusError` here and nowhere else. Silence is no error on a serial
line; how long to wait for an answer, and what its absence means, is the driver's business.
"""

from __future__ import annotations

import errno
import termios
from collections.abc import Callable
from typing import Protocol, TypeVar

from drivers.base import BusError, Clock, SystemClock

DEFAULT_DEVICE = "/dev/serial0"
"""The UART on the header of a Raspberry Pi."""

DEFAULT_TIMEOUT_S = 2.0
"""The longest one call may wait where the caller does not say."""

PARITIES = {"none": "N", "even": "E", "odd": "O"}
"""The letters that pyserial has for them."""

_ERRORS = (OSError, termios.error)
"""pyserial's own errors are OSErrors; an adapter that is pulled out shows as termios.error as well."""

_T = TypeVar("_T")


class PortLike(Protocol):
    """The part of `serial.Serial` that is used here."""

    timeout: float | None

    @property
    def in_waiting(self) -> int:
        """How many bytes have come in and not been read."""

    def write(self, data: bytes, /) -> int | None:
        """Send all of `data`."""

    def read(self, size: int = 1, /) -> bytes:
        """Up to `size` bytes; fewer when `timeout` seconds have passed."""

    def close(self) -> None:
        """Give the device file back."""


Opener = Callable[[], PortLike]


def open_port(device: str, baud: int, timeout_s: float, parity: str = "none") -> PortLike:
    """Open `device` with pyserial, 8 data bits, one stop bit, for this process alone.

    Raises:
        BusError: pyserial is not installed, or the port is absent, not allowed or in use.
    """
    try:
        from serial import Serial  # noqa: PLC0415 - a site without serial ports need not load it
    except ImportError as error:
        raise BusError(f"{device}: the library pyserial is not installed") from error
    try:
        return Serial(device, baud, parity=PARITIES[parity], timeout=timeout_s, write_timeout=timeout_s, exclusive=True)
    except _ERRORS as error:
        raise opening_error(device, error) from error
    except ValueError as error:
        raise BusError(f"{device}: {error}") from error


def opening_error(device: str, error: Exception) -> BusError:
    """What to say of a port that cannot be opened."""
    number = getattr(error, "errno", None)
    if number in {errno.ENOENT, errno.ENODEV, errno.ENXIO}:
        return BusError(
            f"{device} does not exist; plug the adapter in, or switch the UART on with enable_uart=1 in config.txt"
        )
    if number in {errno.EACCES, errno.EPERM}:
        return BusError(f"{device} may not be opened; the user of this process has to be in the group dialout")
    if number in {errno.EBUSY, errno.EAGAIN}:
        return BusError(
            f"{device} is in use by another process; a login console on it is switched off with `raspi-config`"
        )
    return BusError(f"{device} cannot be opened: {error}")


class SerialBus:
    """One serial port, opened on first use and again after it failed.

    Args:
        opener: gives an object with the methods of `serial.Serial`; by default pyserial on `device`.
        device: the path of the device file; the name of this bus in messages.
        baud: bits per second.
        parity: `none`, `even` or `odd`.
        timeout_s: the longest one call waits where the caller does not say; drivers keep their own waits below it.
        clock: what drivers on this bus wait by.
    """

    def __init__(
        self,
        opener: Opener | None = None,
        *,
        device: str = DEFAULT_DEVICE,
        baud: int = 9600,
        parity: str = "none",
        timeout_s: float = DEFAULT_TIMEOUT_S,
        clock: Clock | None = None,
    ) -> None:
        self.device = device
        self.timeout_s = timeout_s
        self.clock: Clock = clock or SystemClock()
        self._opener: Opener = opener or (lambda: open_port(device, baud, timeout_s, parity))
        self._port: PortLike | None = None

    def write(self, data: bytes) -> None:
        """Send `data`.

        Raises:
            BusError: the port is missing or does not take it in time.
        """
        self._do(lambda port: port.write(data))

    def read(self, count: int, timeout_s: float | None = None) -> bytes:
        """Receive up to `count` bytes; fewer, or none, when `timeout_s` seconds pass first.

        Raises:
            BusError: the port is missing or was pulled out.
        """
        wait_s = self.timeout_s if timeout_s is None else max(0.0, timeout_s)

        def receive(port: PortLike) -> bytes:
            port.timeout = wait_s
            return port.read(count)

        return self._do(receive)

    def drain(self) -> bytes:
        """All that has come in and not been read, without waiting.

        Raises:
            BusError: the port is missing or was pulled out.
        """

        def receive(port: PortLike) -> bytes:
            waiting = port.in_waiting
            if not waiting:
                return b""
            port.timeout = 0.0
            return port.read(waiting)

        return self._do(receive)

    def close(self) -> None:
        """Give the port back; the next call opens it again. Never raises."""
        port, self._port = self._port, None
        if port is None:
            return
        try:
            port.close()
        except _ERRORS:
            return  # The port is gone, which is what was asked for.

    def _do(self, call: Callable[[PortLike], _T]) -> _T:
        if self._port is None:
            self._port = self._open()
        try:
            return call(self._port)
        except _ERRORS as error:
            self.close()
            raise BusError(f"{self.device}: {error}") from error

    def _open(self) -> PortLike:
        try:
            return self._opener()
        except _ERRORS as error:
            raise opening_error(self.device, error) from error
