"""A simulated Winsen MH-Z19.

Source: Winsen, MH-Z19B user's manual V1.0.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.simulated.asked_part import AskedPart
from drivers.simulated.place import Place


class SimulatedMhz19(AskedPart):
    """One MH-Z19 in air with a share of CO2."""

    start = b"\xff\x01"
    command_bytes = 9

    def __init__(self, clock: Clock, co2: Callable[[], float]) -> None:
        super().__init__(clock)
        self.self_calibration = True
        self._co2 = co2
        self.correction_ppm = 0
        """By how much it was corrected when it was told what the air has."""

    def answer(self, command: bytes) -> bytes:
        """Obey one command, if its checksum is good."""
        if (sum(command[1:]) & 0xFF) != 0:
            return b""
        if command[2] == 0x79:  # noqa: PLR2004 - the manual's number, as below
            self.self_calibration = command[3] == 0xA0  # noqa: PLR2004
            return b""
        if command[2] in {0x87, 0x88}:
            told = 400 if command[2] == 0x87 else int.from_bytes(command[3:5])  # noqa: PLR2004
            self.correction_ppm += told - self._ppm()
            return b""
        if command[2] != 0x86:  # noqa: PLR2004
            return b""
        ppm = max(0, min(5000, self._ppm()))
        body = bytes([0x86]) + ppm.to_bytes(2) + bytes([22 + 40, 0, 0, 0])
        return b"\xff" + body + bytes([-sum(body) & 0xFF])

    def _ppm(self) -> int:
        return round(self.faults.measured("co2", self._co2) * 1e6) + self.correction_ppm


def place(place: Place) -> SimulatedMhz19:
    """The model for a configured device."""
    return SimulatedMhz19(place.clock, place.probe("co2"))
