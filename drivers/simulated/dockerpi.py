"""A simulated DockerPi relay board: four registers that switch, and give nothing back.

Source: 52Pi, wiki page EP-0099, "Register Map".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from drivers.dockerpi import REGISTERS
from drivers.simulated.i2c import Chip
from drivers.simulated.place import Place


class SimulatedDockerpi(Chip):
    """One board. `relays` is what each is; `loads` are told when one turns."""

    def __init__(self, loads: Mapping[int, Callable[[bool], None]] | None = None) -> None:
        super().__init__()
        self._loads = loads or {}
        self.relays = dict.fromkeys(REGISTERS.values(), False)
        self.turns = 0
        """How often a relay has turned."""

    def reset(self) -> None:
        """Come up again, as after a loss of supply: all are off."""
        for register in self.relays:
            self._turn(register, on=False)

    def write(self, data: bytes) -> None:
        """Switch, where a value follows the register's number."""
        for register, value in zip(range(data[0], data[0] + len(data)), data[1:], strict=False):
            if register in self.relays:
                self._turn(register, on=value > 0)

    def read(self, count: int) -> bytes:
        """Nothing that means anything."""
        return b"\xff" * count

    def _turn(self, register: int, *, on: bool) -> None:
        if self.relays[register] is not on:
            self.relays[register] = on
            self.turns += 1
            if register in self._loads:
                self._loads[register](on)


def place(place: Place) -> SimulatedDockerpi:
    """The model of a configured board."""
    return SimulatedDockerpi({register: place.drive(name) for name, register in REGISTERS.items()})
