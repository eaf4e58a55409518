"""Port expanders: what all have in common. Pins are inputs or outputs by their channels; nothing else is touched."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from drivers.base import BadValueError, BusKind, Channel, Driver, Limits, NoAnswerError, Readings, Value, ValueKind


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpanderPin:
    """One pin as a channel of its own."""

    pin: Annotated[int, Limits(0, 15)]
    """Its number: 0 to 7 are P0 to P7 (or GPA0 to GPA7), 8 to 15 the second port."""
    output: bool = False
    """It drives something."""
    active_low: bool = False
    """True is the low level, as with most relay boards, and with contacts to ground."""
    boot: bool = False
    """The value that an output has from the first moment on, until something else is written."""


def check_pins(pins: Mapping[str, ExpanderPin], count: int) -> None:
    """Accept pins that a part with `count` of them has.

    Raises:
        ValueError: there are none, one is beyond the last, or two channels have the same.
    """
    if not pins:
        raise ValueError("no pins; at least one is needed")
    taken: dict[int, str] = {}
    for name, wired in pins.items():
        if wired.pin >= count:
            raise ValueError(f"pin {wired.pin} of {name}; allowed are 0 to {count - 1}")
        if taken.setdefault(wired.pin, name) != name:
            raise ValueError(f"pin {wired.pin} is both {taken[wired.pin]} and {name}")


def mask_of(pins: Mapping[str, ExpanderPin], *, output: bool) -> int:
    """The bits of all outputs, or of all inputs."""
    return sum(1 << wired.pin for wired in pins.values() if wired.output is output)


def boot_latch(pins: Mapping[str, ExpanderPin]) -> int:
    """The levels of the outputs at their `boot` values; all other bits are zero."""
    return sum(1 << wired.pin for wired in pins.values() if wired.output and wired.boot != wired.active_low)


def to_value(level: int, wired: ExpanderPin) -> bool:
    """The channel's value where `level` has a bit for each pin."""
    return bool(level >> wired.pin & 1) != wired.active_low


class Expander(Driver):
    """One expander on its bus. What is driven is kept here, and never taken from what the pins happen to be."""

    bus_kind: ClassVar[BusKind] = BusKind.I2C

    def __init__(self, settings: Any) -> None:
        self._address: int = settings.address
        self._place = f"{self.name} at 0x{self._address:02X}"
        self._pins: Mapping[str, ExpanderPin] = settings.pins
        self._outputs = mask_of(self._pins, output=True)
        self._latch: int | None = None
        """Levels of the outputs as they were driven last by this process."""

    @classmethod
    def channels(cls, settings: Any) -> tuple[Channel, ...]:
        """One channel for each of the `pins`."""
        return tuple(
            Channel(name=name, kind=ValueKind.BOOLEAN, writable=wired.output, about=f"pin {wired.pin}")
            for name, wired in settings.pins.items()
        )

    def open(self) -> None:
        """See that the part is the right one, and set its pins up: levels first, then directions, so that none jumps.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers, or it does not keep what it was told.
            BusError: the bus does not work.
        """
        kept = self._begin()
        if self._latch is None:
            self._latch = boot_latch(self._pins) & ~kept[0] | kept[1] & kept[0] & self._outputs
        self._set_up(self._latch)
        self.read()

    def read(self) -> Readings:
        """The levels of the inputs, and what the outputs are driven to.

        Raises:
            NoAnswerError: nobody answers, or the part has forgotten what it was told, as after a loss of supply.
            BusError: the bus does not work.
        """
        levels = self._levels(self._driven())
        return {name: to_value(levels, wired) for name, wired in self._pins.items()}

    def write(self, channel: str, value: Value) -> Value:
        """Drive an output and read it back.

        Raises:
            BadValueError: it is no output, or no boolean.
            NoAnswerError: nobody answers, or the part does not keep it.
            BusError: the bus does not work.
        """
        wired = self._pins.get(channel)
        if wired is None or not wired.output:
            return super().write(channel, value)
        if not isinstance(value, bool):
            raise BadValueError(f"{self.name}: {value!r} is no value of {channel!r}; true and false are allowed")
        bit = 1 << wired.pin
        latch = self._driven() | bit if value != wired.active_low else self._driven() & ~bit
        self._drive(latch)
        self._latch = latch
        return to_value(self._levels(latch), wired)

    def _driven(self) -> int:
        if self._latch is None:
            raise NoAnswerError(f"{self._place}: not open")
        return self._latch

    def _forgot(self, what: str) -> NoAnswerError:
        self._latch = None  # Opened again it begins as after a start: what it drove is over.
        return NoAnswerError(f"{self._place}: {what}; it may have lost its supply")

    @abstractmethod
    def _begin(self) -> tuple[int, int]:
        """See that the part is the right one; the mask of the pins that it drives already, and their levels."""

    @abstractmethod
    def _set_up(self, latch: int) -> None:
        """Give the outputs the levels `latch`, then make them outputs and the others inputs."""

    @abstractmethod
    def _drive(self, latch: int) -> None:
        """Give the outputs other levels."""

    @abstractmethod
    def _levels(self, latch: int) -> int:
        """Levels of all pins, after a look at whether the part still has `latch` and its directions."""
