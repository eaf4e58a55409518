"""The GPIO lines of one chip: levels in and out, through a pin factory of gpiozero.

Pins are used by themselves rather than through gpiozero's devices, because those make a pin an input again when they
are closed or forgotten, and a relay would fall off. A pin that drives is never let go while the process lives.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from drivers.base import BusError, Clock, SystemClock, WrongPartError
from drivers.bus.lgpio_factory import open_pin_factory


class Pull(enum.StrEnum):
    """The resistor inside the chip that holds an input where nothing drives it."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


Opener = Callable[[], Any]
LevelListener = Callable[[bool], None]
"""Called with the new logical level, from a thread of the pin factory."""


class InputPin:
    """One line that is read. True is the active level."""

    def __init__(self, pin: Any, number: int, *, active_low: bool) -> None:
        self._pin = pin
        self._number = number
        self._active_low = active_low
        self._listener: LevelListener | None = None

    def read(self) -> bool:
        """The level now.

        Raises:
            BusError: the chip does not answer.
        """
        with _translated(self._number):
            return bool(self._pin.state) != self._active_low

    def listen(self, listener: LevelListener | None) -> None:
        """Call `listener` on every edge from now on, or stop; bounces included.

        Raises:
            BusError: the chip cannot watch this line.
        """
        with _translated(self._number):
            # The factory keeps a weak reference only; this object, which the bus holds, keeps the method alive.
            self._listener = listener
            self._pin.when_changed = None if listener is None else self._changed

    def release(self) -> None:
        """Stop listening and let the line go."""
        with _translated(self._number):
            self._pin.when_changed = None
            self._pin.close()

    def _changed(self, _ticks: Any, state: Any) -> None:
        listener = self._listener
        if listener is not None:
            listener(bool(state) != self._active_low)


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
        with _translated(self._number):
            self._pin.state = level != self._active_low

    def read(self) -> bool:
        """The level that the chip reports for the line.

        Raises:
            BusError: the chip does not answer.
        """
        with _translated(self._number):
            return bool(self._pin.state) != self._active_low


class GpioBus:
    """The lines of one chip. The pin factory is made on first use, and made again later if that failed.

    Args:
        opener: gives a gpiozero pin factory; by default lgpio's on chip `device`.
        device: number or path of the chip, such as `0` or `/dev/gpiochip0`; empty for the header's own chip.
        clock: what drivers on this bus wait and debounce by.
    """

    def __init__(self, opener: Opener | None = None, *, device: str = "", clock: Clock | None = None) -> None:
        self.device = device
        self.clock: Clock = clock or SystemClock()
        self._opener: Opener = opener or (lambda: open_pin_factory(device))
        self._factory: Any = None
        self._inputs: dict[int, InputPin] = {}
        self._outputs: dict[int, OutputPin] = {}
        self._held: set[int] = set()

    def input(self, pin: int, *, pull: Pull = Pull.NONE, active_low: bool = False) -> InputPin:
        """The line GPIO`pin`, read, and held until it is released.

        Raises:
            WrongPartError: there is no such line, another device holds it, or it cannot have that pull.
            BusError: the chip is missing, not allowed, or the line is in use elsewhere.
        """
        self._refuse_twice(pin)
        if pin in self._outputs:
            raise WrongPartError(f"GPIO{pin}: driven by this process, cannot be read; choose another pin")
        factory = self._open()
        with _translated(pin):
            line = factory.pin(f"GPIO{pin}")
            line.input_with_pull("floating" if pull is Pull.NONE else pull.value)
        self._inputs[pin] = InputPin(line, pin, active_low=active_low)
        self._held.add(pin)
        return self._inputs[pin]

    def output(self, pin: int, *, active_low: bool = False, initial: bool = False) -> OutputPin:
        """The line GPIO`pin`, driven, and held until it is released.

        It has the level `initial` from the moment it is an output. One that is driven already, because it was held
        before, keeps its level.

        Raises:
            WrongPartError: there is no such line, or another device holds it.
            BusError: the chip is missing, not allowed, or the line is in use elsewhere.
        """
        self._refuse_twice(pin)
        if pin not in self._outputs:
            factory = self._open()
            with _translated(pin):
                line = factory.pin(f"GPIO{pin}")
                line.output_with_state(initial != active_low)
            self._outputs[pin] = OutputPin(line, pin, active_low=active_low)
        self._held.add(pin)
        return self._outputs[pin]

    def release(self, pin: int) -> None:
        """Let the line go: an input is freed, an output stays driven as it is. Never raises."""
        self._held.discard(pin)
        released = self._inputs.pop(pin, None)
        if released is None:
            return
        try:
            released.release()
        except (BusError, WrongPartError):
            return  # The chip is gone, and the line with it.

    def close(self) -> None:
        """Release every line; the outputs stay driven until the process ends. Never raises."""
        for pin in tuple(self._held):
            self.release(pin)

    def _refuse_twice(self, pin: int) -> None:
        if pin in self._held:
            raise WrongPartError(
                f"GPIO{pin}: another device of this gateway uses it; every device needs a pin of its own"
            )

    def _open(self) -> Any:
        if self._factory is None:
            try:
                self._factory = self._opener()
            except OSError as error:
                raise BusError(f"gpio chip {self.device or 'of the header'} cannot be opened: {error}") from error
        return self._factory


def _library_errors() -> tuple[type[Exception], ...]:
    """Errors that a pin can raise; lgpio's is counted in only where lgpio is loaded at all."""
    from gpiozero import GPIOZeroError  # noqa: PLC0415 - a site without GPIO need not load it

    loaded = sys.modules.get("lgpio")
    return (GPIOZeroError, OSError) if loaded is None else (GPIOZeroError, OSError, loaded.error)


@contextmanager
def _translated(pin: int) -> Iterator[None]:
    from gpiozero import PinFixedPull, PinInvalidPin  # noqa: PLC0415 - a site without GPIO need not load it

    try:
        yield
    except PinInvalidPin as error:
        raise WrongPartError(f"GPIO{pin}: the board has no such line: {error}") from error
    except PinFixedPull as error:
        raise WrongPartError(f"GPIO{pin}: {error}; choose another pull or another pin") from error
    except _library_errors() as error:
        raise BusError(f"GPIO{pin}: {error}; it may be in use by another program or overlay") from error
