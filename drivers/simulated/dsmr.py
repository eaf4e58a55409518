"""A simulated smart meter's port P1: one telegram in a second.

Source: Netbeheer Nederland, P1 companion standard 5.0.2, sections 5.2 and 6.12.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from drivers.base import Clock
from drivers.simulated.place import Place
from drivers.simulated.speaking_part import SpeakingPart

EVERY_S = 1.0
POLYNOMIAL = 0xA001
IDLE = {
    "import_energy_1": 3.6e9,
    "import_energy_2": 7.2e9,
    "export_energy_1": 0.0,
    "export_energy_2": 0.0,
    "import_power": 350.0,
    "export_power": 0.0,
    "gas": 1234.567,
}
"""What it counts where nothing else is said, in J, W and m3."""
ENERGY_CODES = {
    "import_energy_1": "1.8.1",
    "import_energy_2": "1.8.2",
    "export_energy_1": "2.8.1",
    "export_energy_2": "2.8.2",
}
POWER_CODES = {"import_power": "1.7.0", "export_power": "2.7.0"}


class SimulatedDsmr(SpeakingPart):
    """One meter with a gas meter on its second M-Bus channel, and a water meter on its first."""

    def __init__(self, clock: Clock, sources: Mapping[str, Callable[[], float]], every_s: float = EVERY_S) -> None:
        super().__init__(clock, every_s)
        self._sources = {**{name: _constant(value) for name, value in IDLE.items()}, **sources}
        self.gas_moment = "251125120000W"
        """When the gas meter was last heard; empty where there is none on it."""
        self.checked = True
        """Whether telegrams have a checksum."""

    def messages(self) -> list[bytes]:
        """One telegram."""
        body = "\r\n".join(["/EDG5simulated", "", *self._lines(), "!"]).encode()
        return [body + (f"{crc(body):04X}" if self.checked else "").encode() + b"\r\n"]

    def _lines(self) -> list[str]:
        head = ["1-3:0.2.8(50)", "0-0:1.0.0(251125120000W)", "0-0:96.1.1(4530303434303037)"]
        if self.faults.wrong_part:
            return [*head, "1-0:1.8.0(000123.456*kWh)"]
        energy = [f"1-0:{code}({self._value(name) / 3.6e6:010.3f}*kWh)" for name, code in ENERGY_CODES.items()]
        power = [f"1-0:{code}({self._value(name) / 1000:06.3f}*kW)" for name, code in POWER_CODES.items()]
        quality = ["0-0:96.14.0(0002)", "0-0:96.7.21(00004)", "1-0:99.97.0(0)(0-0:96.7.19)", "0-0:96.13.0()"]
        water = ["0-1:24.1.0(007)", "0-1:24.2.1(251125120000W)(00087.654*m3)"]
        gas = ["0-2:24.1.0(003)", f"0-2:24.2.1({self.gas_moment})({self._value('gas'):09.3f}*m3)"]
        return [*head, *energy, *power, *quality, *water, *(gas if self.gas_moment else [])]

    def _value(self, name: str) -> float:
        return max(0.0, self.faults.measured(name, self._sources[name]))


def crc(data: bytes) -> int:
    """The checksum of a telegram from its `/` to its `!`, bit by bit."""
    register = 0
    for byte in data:
        for bit in range(8):
            out = (register ^ byte >> bit) & 1
            register = register >> 1 ^ (POLYNOMIAL if out else 0)
    return register


def _constant(value: float) -> Callable[[], float]:
    return lambda: value


def place(place: Place) -> SimulatedDsmr:
    """The model for a configured device."""
    return SimulatedDsmr(place.clock, {name: place.probe(name) for name in IDLE if place.coupled(name)})
