"""A contact or a logic signal on a GPIO pin: door contact, button, motion detector, leak detector."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusError, BusKind, Channel, Driver, Limits, Listener, Readings, ValueKind
from drivers.bus.gpio import GpioBus, InputPin, Pull
from drivers.debounce import Debounce


@dataclass(frozen=True, kw_only=True, slots=True)
class DigitalInputSettings:
    """One input. As it stands: a contact between the pin and ground."""

    pin: Annotated[int, Limits(0, 27)]
    """GPIO number of the pin (not its place on the header)."""
    pull: Pull = Pull.UP
    """The resistor inside the board: `up`, `down`, or `none` where there is one outside."""
    active_low: bool = True
    """The channel is true while the pin is low."""
    debounce_s: Annotated[float, Limits(0.0, 5.0, "s")] = 0.05
    """How long after a change no other one is taken in."""
    channel: str = "closed"
    """The channel's name."""


class DigitalInput(Driver):
    """One pin of a GPIO chip, read."""

    name: ClassVar[str] = "digital_input"
    title: ClassVar[str] = "Contact or logic signal on a GPIO pin"
    bus_kind: ClassVar[BusKind] = BusKind.GPIO
    settings_type: ClassVar[type] = DigitalInputSettings

    def __init__(self, bus: GpioBus, settings: DigitalInputSettings) -> None:
        self._bus = bus
        self._settings = settings
        self._pin: InputPin | None = None
        self._debounce = Debounce(level=False, hold_s=settings.debounce_s)
        self._listener: Listener | None = None
        # Edges come on a thread of the pin factory. Listeners are called under the lock, so that the last call is the
        # newest level; the pin is read outside of it, because a read may itself bring an edge on another thread.
        self._lock = threading.RLock()

    @classmethod
    def channels(cls, settings: DigitalInputSettings) -> tuple[Channel, ...]:
        """The one channel, under the name in the settings."""
        return (Channel(name=settings.channel, kind=ValueKind.BOOLEAN, about=f"level of GPIO{settings.pin}"),)

    def open(self) -> None:
        """Make the pin an input.

        Raises:
            WrongPartError: there is no such pin, another device holds it, or it cannot have that pull.
            BusError: the chip is missing or the line is in use elsewhere.
        """
        self.close()
        settings = self._settings
        self._pin = self._bus.input(settings.pin, pull=settings.pull, active_low=settings.active_low)
        level = self._pin.read()
        with self._lock:
            self._debounce = Debounce(level=level, hold_s=settings.debounce_s)
        if self._listener is not None:
            self._pin.listen(self._take)

    def read(self) -> Readings:
        """The debounced level; a change that the edges did not tell is told to the listener now.

        Raises:
            BusError: the chip does not answer.
        """
        if self._pin is None:
            raise BusError(f"GPIO{self._settings.pin}: not open")
        level = self._pin.read()
        with self._lock:
            self._take(level)
            return {self._settings.channel: self._debounce.level}

    def watch(self, listener: Listener) -> bool:
        """Call `listener` on every debounced change, from a thread of the pin factory or from `read`.

        Raises:
            BusError: the chip cannot watch this line.
        """
        self._listener = listener
        if self._pin is not None:
            self._pin.listen(self._take)
        return True

    def close(self) -> None:
        """Let the pin go. Never raises."""
        if self._pin is not None:
            self._pin = None
            self._bus.release(self._settings.pin)

    def _take(self, level: bool) -> None:
        with self._lock:
            if self._debounce.feed(level, self._bus.clock.now_s()) and self._listener is not None:
                self._listener(self._settings.channel, level)
