"""Simulated GPIO lines: gpiozero's mock pins, tied to the world by wires.

A pin that is read follows its wire; a pin that is driven tells its wire. As with real edges, callbacks come from
whatever thread moves the world on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

from drivers.simulated.faults import Faults

BOARD_REVISION = "c03114"
"""A Raspberry Pi 4B, whose lines are those of every later board."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact between the pin and ground, or where `active_low` is false between the pin and the supply."""

    closed: Callable[[], bool]
    active_low: bool
    faults: Faults

    def level(self, pull: str) -> bool:
        """What the pin sees. An open contact leaves it to the pull; without one, a resistor outside is assumed."""
        if self.faults.measured("contact", self.closed):
            return not self.active_low
        return {"up": True, "down": False}.get(pull, self.active_low)


@dataclass(frozen=True, slots=True)
class Load:
    """What a relay on the pin switches; nothing while nobody drives the pin."""

    switch: Callable[[bool], None]
    active_low: bool
    faults: Faults

    def driven(self, level: bool | None) -> None:
        """Take the pin's level, None when it is an input."""
        on = level is not None and level != self.active_low
        self.switch(self.faults.measured("load", lambda: on))


Wire = Contact | Load


class SimulatedPin(MockPin):  # type: ignore[misc] # gpiozero has no types
    """One line, as lgpio would drive it: made an output without a level, it is low first."""

    def follow(self) -> None:
        """Take the level that the contact on this pin gives."""
        wire = self.factory.wires.get(self._number)
        if self._function == "input" and isinstance(wire, Contact):
            with self.factory.lock:
                (self.drive_high if wire.level(self._pull) else self.drive_low)()

    def output_with_state(self, state: bool) -> None:
        """Make it an output that has the level from the first moment."""
        self._function = "output"
        self._change_state(bool(state))
        self._tell(bool(state))

    def _get_state(self) -> bool:
        self.follow()
        return bool(super()._get_state())

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        self.follow()

    def _set_function(self, value: str) -> None:
        was_output = self._function == "output"
        super()._set_function(value)
        if value == "output":
            self.output_with_state(False)
        elif was_output:
            self._tell(None)

    def _change_state(self, value: bool) -> bool:
        changed = bool(super()._change_state(value))
        if changed and self._function == "output":
            self._tell(bool(value))
        return changed

    def _tell(self, level: bool | None) -> None:
        wire = self.factory.wires.get(self._number)
        if isinstance(wire, Load):
            wire.driven(level)


class SimulatedPinFactory(MockFactory):  # type: ignore[misc] # gpiozero has no types
    """The lines of one simulated chip. `wires` says what is on a pin, by its GPIO number."""

    def __init__(self, wires: Mapping[int, Wire], lock: threading.RLock) -> None:
        super().__init__(revision=BOARD_REVISION, pin_class=SimulatedPin)
        self.wires = wires
        self.lock = lock

    def refresh(self, *_: Any) -> None:
        """Let every pin that is read follow its contact; to be called when the world has changed."""
        for pin in tuple(self.pins.values()):
            pin.follow()
