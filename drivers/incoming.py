"""What a part says that speaks by itself: its messages, cut out of the bytes that come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from drivers.base import ChecksumError, NoAnswerError
from drivers.bus.serial_port import SerialBus
from drivers.framed import TIMEOUT_SHARE

STALE_BYTES = 3840
"""The kernel keeps 4095 bytes of what nobody reads and drops what comes later; this near to it, the newest is lost."""
SHOWN_BYTES = 40
"""So much of what is no message is shown to whoever looks for the reason."""

T = TypeVar("T")
Split = Callable[[bytes], tuple[list[T], bytes]]
"""The good messages in bytes, in order, and what to keep because its message may not be complete yet."""


class Incoming(Generic[T]):
    """The messages of one part.

    Args:
        bus: the line that it is alone on.
        split: cuts the messages out of the bytes.
    """

    def __init__(self, bus: SerialBus, split: Split[T]) -> None:
        self._bus = bus
        self._split = split
        self._rest = b""
        self.noise = b""
        """The end of what has come since the last good message; empty after one, and where nothing came."""

    def clear(self) -> None:
        """Forget what has come.

        Raises:
            BusError: the port does not work.
        """
        self._bus.drain()
        self._rest = self.noise = b""

    def take(self) -> list[T] | None:
        """The messages that have come by now; None where so much waited that the newest was lost.

        Raises:
            BusError: the port does not work.
        """
        data = self._bus.drain()
        if len(data) > STALE_BYTES:
            self._rest = b""
            return None
        return self._add(data)

    def wait(self, take: Callable[[list[T]], bool], wait_s: float) -> bool:
        """Hand messages to `take` as they come, until it has what it wants or the time is over.

        Returns:
            Whether it has.

        Raises:
            BusError: the port does not work.
        """
        clock = self._bus.clock
        deadline_s = clock.now_s() + min(wait_s, TIMEOUT_SHARE * self._bus.timeout_s)
        while (left_s := deadline_s - clock.now_s()) > 0:
            if take(self._add(self._bus.read(1, left_s) + self._bus.drain())):
                return True
        return False

    def silence(self, part: str, expected: str) -> ChecksumError | NoAnswerError:
        """Why there is no message: bytes come that are none, or nothing comes. `expected` says what should."""
        if self.noise:
            return ChecksumError(
                f"{part} on {self._bus.device}: bytes come, but no {expected}: {self.noise[-SHOWN_BYTES:]!r}"
            )
        return NoAnswerError(
            f"{part} on {self._bus.device}: nothing comes; check power, and that its TX goes to our RX"
        )

    def _add(self, data: bytes) -> list[T]:
        messages, self._rest = self._split(self._rest + data)
        self.noise = b"" if messages else (self.noise + data)[-SHOWN_BYTES:]
        return messages
