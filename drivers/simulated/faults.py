"""What can be wrong with a simulated part. A test or a demo sets the fields while the part is in use."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

_T = TypeVar("_T")


class ProbeFault(enum.StrEnum):
    """What can be wrong with the probe of a part that can tell."""

    NONE = ""
    OPEN = "open"
    GROUND = "ground"
    SUPPLY = "supply"


@dataclass(kw_only=True, slots=True)
class Faults:
    """The faults of one part; as made, there are none. What a kind of part cannot have is ignored by it."""

    absent: bool = False
    """It does not answer: unplugged or without power."""
    nack: int = 0
    """How many of the next transfers it does not acknowledge (I2C)."""
    corrupt_every: int = 0
    """Every so many answers one carries a wrong checksum; 0 for never."""
    stuck: bool = False
    """What it measures does not change any more."""
    hung: bool = False
    """It blocks the bus (I2C, SPI), or its adapter is pulled out (serial)."""
    wrong_part: bool = False
    """Another part sits in its place."""
    cut: int = 0
    """So many bytes of each answer arrive (Modbus, serial); 0 for all."""
    slow_s: float = 0.0
    """What it needs longer for an answer, in seconds (Modbus, serial)."""
    brown_out: bool = False
    """It loses its supply again and again: what it tells is what it comes up with."""
    shorted: bool = False
    """Its data line is held at ground (1-Wire, SPI)."""
    probe: ProbeFault = ProbeFault.NONE
    """Its probe is cut off, or shorted to ground or to the supply (thermocouples, platinum)."""
    noise: bytes = b""
    """Bytes that come before every frame (serial)."""

    plan: Callable[[str], object] | None = field(default=None, init=False)
    """Gives what a field is while its own value is none, for faults that come by themselves; None for no such fault."""
    _answers: int = field(default=0, init=False)
    _last: dict[str, object] = field(default_factory=dict, init=False)

    def __getattribute__(self, name: str) -> Any:
        value = object.__getattribute__(self, name)
        # The parts look at fields, at any time: only here is the moment known at which a planned fault has to show.
        if value is False or value == 0:
            plan = object.__getattribute__(self, "plan")
            return value if plan is None or name.startswith("_") else plan(name) or value
        return value

    def corrupts(self) -> bool:
        """Whether the answer that is now being made gets a wrong checksum; counts the answers."""
        self._answers += 1
        return self.corrupt_every > 0 and self._answers % self.corrupt_every == 0

    def measured(self, name: str, source: Callable[[], _T]) -> _T:
        """What the part measures of `source`: its value now, or while stuck the one before."""
        if self.stuck and name in self._last:
            return self._last[name]  # type: ignore[return-value] # what was stored under `name` came from this source
        value = source()
        self._last[name] = value
        return value
