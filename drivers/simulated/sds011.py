"""A simulated Nova SDS011: speaks by itself after power-up until it is told to wait, and sleeps when told to.

Source: Nova Fitness, Laser Dust Sensor Control Protocol V1.3.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.simulated.asked_part import AskedPart
from drivers.simulated.place import Place

NUMBER, OTHER_NUMBER = 0xA160, 0x0BAD
FRAME_EVERY_S = 1.0


class SimulatedSds011(AskedPart):
    """One SDS011 in air with masses of dust in kg/m3."""

    start = b"\xaa\xb4"
    command_bytes = 19

    def __init__(self, clock: Clock, pm2_5: Callable[[], float], pm10: Callable[[], float]) -> None:
        super().__init__(clock)
        self.awake = True
        self.by_query = False
        self._next_s = clock.now_s() + FRAME_EVERY_S
        self._sources = {"pm2_5": pm2_5, "pm10": pm10}

    def answer(self, command: bytes) -> bytes:
        """Obey one command, if its checksum is good."""
        if sum(command[2:17]) & 0xFF != command[17] or command[18] != 0xAB:  # noqa: PLR2004 - the protocol's tail
            return b""
        code, to_set, argument = command[2], command[3] == 1, command[4]
        if code == 6:  # noqa: PLR2004 - the protocol's numbers, as below
            self.awake = bool(argument) if to_set else self.awake
        elif not self.awake:
            return b""
        elif code == 4:  # noqa: PLR2004
            return self._data()
        elif code == 2 and to_set:  # noqa: PLR2004
            self.by_query = bool(argument)
        return self._frame(0xC5, bytes([code, command[3], argument, 0]))

    def send(self) -> bytes:
        """What has arrived by now, frames that it sends by itself included."""
        now_s = self.clock.now_s()
        if now_s >= self._next_s:
            self._next_s = now_s + FRAME_EVERY_S
            if self.awake and not self.by_query:
                self.say(self._data())
        return super().send()

    def _data(self) -> bytes:
        values = (round(self.faults.measured(name, source) * 1e10) for name, source in self._sources.items())
        return self._frame(0xC0, b"".join(max(0, min(9999, value)).to_bytes(2, "little") for value in values))

    def _frame(self, kind: int, data: bytes) -> bytes:
        body = data + (OTHER_NUMBER if self.faults.wrong_part else NUMBER).to_bytes(2)
        return bytes([0xAA, kind]) + body + bytes([sum(body) & 0xFF, 0xAB])


def place(place: Place) -> SimulatedSds011:
    """The model for a configured device."""
    return SimulatedSds011(place.clock, place.probe("pm2_5"), place.probe("pm10"))
