"""The lines of one GPIO chip, as drivers are given them: one that is read, one that is driven, one that is pulsed."""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from drivers.base import BusError, Clock, WrongPartError


class Pull(enum.StrEnum):
    """The resistor inside the chip that holds an input where nothing drives it."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


LevelListener = Callable[[bool], None]
"""Called with the new logical level, from a thread of the pin factory."""
EdgeListener = Callable[[bool, float], None]
"""The same, with the time of the edge: seconds of the bus's clock."""


class InputPin:
    """One line that is read. True is the active level."""

    def __init__(self, pin: Any, number: int, clock: Clock, *, active_low: bool) -> None:
        self._pin = pin
        self._number = number
        self._clock = clock
        self._active_low = active_low
        self._listener: EdgeListener | None = None

    def read(self) -> bool:
        """The level now.

        Raises:
            BusError: the chip does not answer.
        """
        with translated(self._number):
            return bool(self._pin.state) != self._active_low

    def listen(self, listener: LevelListener | None) -> None:
        """Call `listener` on every edge from now on, or stop; bounces included.

        Raises:
            BusError: the chip cannot watch this line.
        """
        self.edges(None if listener is None else lambda level, _at_s: listener(level))

    def edges(self, listener: EdgeListener | None) -> None:
        """The same, for whoever needs to know when an edge was, however late it is told; in place of `listen`.

        Raises:
            BusError: the chip cannot watch this line.
        """
        with translated(self._number):
            # The factory keeps a weak reference only; this object, which the bus holds, keeps the method alive.
            self._listener = listener
            self._pin.when_changed = None if listener is None else self._changed

    def release(self) -> None:
        """Stop listening and let the line go."""
        with translated(self._number):
            self._pin.when_changed = None
            self._pin.close()

    def _changed(self, ticks: float, state: Any) -> None:
        listener = self._listener
        if listener is not None:
            # The kernel stamps edges by the clock that ours is, from Linux 5.7 on; before, by one that is far ahead.
            listener(bool(state) != self._active_low, min(ticks, self._clock.now_s()))


class OutputPin:
    """One line that is driven. True is the active level."""

    def __init__(self, pin: Any, number: int, *, active_low: bool) -> None:
        self._pin = pin
        self._number = number
        self._active_low = active_low

    def write(self, level: bool) -> None:
        """Drive the line.

        Raises:
            BusError: the chip does not answer.
        """
        with translated(self._number):
            self._pin.state = level != self._active_low

    def pulse(self) -> None:
        """Drive the line to its active level and back, as fast as it goes.

        Raises:
            BusError: the chip does not answer.
        """
        with translated(self._number):
            self._pin.state = not self._active_low
            self._pin.state = self._active_low

    def read(self) -> bool:
        """The level that the chip reports for the line.

        Raises:
            BusError: the chip does not answer.
        """
        with translated(self._number):
            return bool(self._pin.state) != self._active_low


class PwmPin:
    """One line that is pulsed. The duty is the share of the time that it is at its active level."""

    def __init__(self, pin: Any, number: int, *, active_low: bool) -> None:
        self._pin = pin
        self._number = number
        self._active_low = active_low

    def write(self, duty: float) -> None:
        """Be at the active level for this share of the time, 0 to 1.

        Raises:
            BusError: the chip does not answer.
        """
        with translated(self._number):
            self._pin.state = 1.0 - duty if self._active_low else duty

    def read(self) -> float:
        """The share that it was told last: no chip measures it.

        Raises:
            BusError: the chip does not answer.
        """
        with translated(self._number):
            share = float(self._pin.state)
            return 1.0 - share if self._active_low else share


def _library_errors() -> tuple[type[Exception], ...]:
    """Errors that a pin can raise; lgpio's is counted in only where lgpio is loaded at all."""
    from gpiozero import GPIOZeroError  # noqa: PLC0415 - a site without GPIO need not load it

    loaded = sys.modules.get("lgpio")
    return (GPIOZeroError, OSError) if loaded is None else (GPIOZeroError, OSError, loaded.error)


@contextmanager
def translated(pin: int) -> Iterator[None]:
    """What the library raises while it does something with GPIO`pin`, as errors of drivers."""
    from gpiozero import PinFixedPull, PinInvalidPin  # noqa: PLC0415 - a site without GPIO need not load it

    try:
        yield
    except PinInvalidPin as error:
        raise WrongPartError(f"GPIO{pin}: the board has no such line: {error}") from error
    except PinFixedPull as error:
        raise WrongPartError(f"GPIO{pin}: {error}; choose another pull or another pin") from error
    except _library_errors() as error:
        raise BusError(f"GPIO{pin}: {error}; it may be in use by another program or overlay") from error
