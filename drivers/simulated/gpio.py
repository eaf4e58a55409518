"""Simulated GPIO lines: gpiozero's mock pins, tied to the world by wires.

A pin that is read follows its wire; a pin that is driven tells its wire. As with real edges, callbacks come from
whatever thread moves the world on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

from drivers.simulated.faults import Faults
from drivers.simulated.pulses import EdgeSource

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


@dataclass(frozen=True, slots=True)
class Dimmed:
    """What is driven by the share of the time that the pin is active; nothing while nobody drives the pin."""

    turn: Callable[[float], None]
    active_low: bool
    faults: Faults

    def driven(self, level: float | None) -> None:
        """Take the share of the time that the pin is high, None when it is an input."""
        share = 0.0 if level is None else 1.0 - level if self.active_low else level
        self.turn(self.faults.measured("load", lambda: share))


Wire = Contact | Load | Dimmed | EdgeSource


class SimulatedPin(MockPin):  # type: ignore[misc] # gpiozero has no types
    """One line, as lgpio would drive it: made an output without a level, it is low first."""

    _edge_s: float | None = None
    """When the edge was that is just being told; None for now."""
    _frequency: float | None = None
    """Of the pulses, in Hz; None where it has a level."""

    def follow(self) -> None:
        """Take the level that the contact on this pin gives, by all the edges since the last look."""
        wire = self.factory.wires.get(self._number)
        if self._function != "input":
            return
        with self.factory.lock:
            if isinstance(wire, Contact):
                (self.drive_high if wire.level(self._pull) else self.drive_low)()
            elif isinstance(wire, EdgeSource):
                for self._edge_s, level in wire.edges():
                    (self.drive_high if level else self.drive_low)()
                self._edge_s = None

    def output_with_state(self, state: bool) -> None:
        """Make it an output that has the level from the first moment."""
        self._function = "output"
        self._change_state(bool(state))
        self._tell(bool(state))

    def output_with_pulses(self, frequency: float, duty: float) -> None:
        """Make it an output that is pulsed from the first moment."""
        self._function, self._frequency = "output", frequency
        self._set_state(duty)

    def _get_frequency(self) -> float | None:
        return self._frequency

    def _get_state(self) -> float:
        self.follow()
        state = super()._get_state()
        return bool(state) if self._frequency is None else float(state)

    def _set_state(self, value: float) -> None:
        if self._frequency is None:
            super()._set_state(value)
            return
        self._change_state(float(value))
        self._tell(float(value))

    def _call_when_changed(self) -> None:
        at_s = self.factory.now_s() if self._edge_s is None else self._edge_s
        super(MockPin, self)._call_when_changed(at_s, self._state)

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        self.follow()

    def _set_function(self, value: str) -> None:
        was_output, self._frequency = self._function == "output", None
        super()._set_function(value)
        if value == "output":
            self.output_with_state(False)
        elif was_output:
            self._tell(None)

    def _change_state(self, value: float) -> bool:
        changed = bool(super()._change_state(value))
        if changed and self._function == "output" and self._frequency is None:
            self._tell(bool(value))
        return changed

    def _tell(self, level: float | None) -> None:
        wire = self.factory.wires.get(self._number)
        if isinstance(wire, Load):
            wire.driven(None if level is None else bool(level))
        elif isinstance(wire, Dimmed):
            wire.driven(level)


class SimulatedPinFactory(MockFactory):  # type: ignore[misc] # gpiozero has no types
    """The lines of one simulated chip. `wires` says what is on a pin, by its GPIO number; `now_s` dates the edges."""

    def __init__(
        self, wires: Mapping[int, Wire], lock: threading.RLock, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(revision=BOARD_REVISION, pin_class=SimulatedPin)
        self.wires = wires
        self.lock = lock
        self.now_s = now_s

    def refresh(self, *_: Any) -> None:
        """Let every pin that is read follow its contact; to be called when the world has changed."""
        for pin in tuple(self.pins.values()):
            pin.follow()
