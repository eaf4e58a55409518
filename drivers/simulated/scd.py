"""Simulated Sensirion SCD4x and SCD30: they measure by themselves, and give each measurement once.

Source: Sensirion, Datasheet SCD4x, chapter 3; Interface Description SCD30, chapter 1.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from drivers.base import Clock
from drivers.sensirion import to_word
from drivers.simulated.i2c import NackError
from drivers.simulated.place import Place
from drivers.simulated.sensirion import Answer, WordChip

START, STOP, READY, READ, SERIAL = 0x21B1, 0x3F86, 0xE4B8, 0xEC05, 0x3682
START_30, STOP_30, READY_30, READ_30, FIRMWARE_30 = 0x0010, 0x0104, 0x0202, 0x0300, 0xD100
INTERVAL_30 = 0x4600
RECALIBRATE, RECALIBRATE_30 = 0x362F, 0x5204
SETTLE_S = 180.0

Source = Callable[[], float]
Sources = dict[str, Source]


class MeasuringChip(WordChip):
    """A part that measures in periods of its own once it was started."""

    def __init__(self, clock: Clock, sources: Sources, period_s: float) -> None:
        super().__init__(clock)
        self._sources = sources
        self._period_s = period_s
        self._next_s = float("inf")
        self.set_up: dict[int, int] = {}
        """Command -> the word that was given with it last."""
        self.correction_ppm = 0.0
        """By how much it was corrected when it was told what the air has."""

    @property
    def measuring(self) -> bool:
        """Whether it was started."""
        return self._next_s != float("inf")

    def start(self) -> None:
        """Measure from now on; the first measurement is there after one period."""
        self._next_s = self._clock.now_s() + self._period_s

    def stop(self) -> None:
        """Measure no more."""
        self._next_s = float("inf")

    @property
    def ready(self) -> bool:
        """Whether there is a measurement that was not fetched."""
        return self._clock.now_s() >= self._next_s

    def fetch(self) -> tuple[float, float, float]:
        """The measurement: CO2 in ppm, temperature in Cel, humidity in %RH."""
        if not self.ready:
            raise NackError
        periods = (self._clock.now_s() - self._next_s) // self._period_s + 1
        self._next_s += periods * self._period_s
        co2 = self.co2_ppm()
        temperature = self.faults.measured("temperature", self._sources["temperature"])
        return co2, temperature, self.faults.measured("humidity", self._sources["humidity"])

    def co2_ppm(self) -> float:
        """What it would measure now."""
        measured = self.faults.measured("co2", self._sources["co2"]) * 1e6
        return measured + self.correction_ppm if measured > 0 else measured

    def told(self, ppm: int) -> float:
        """Correct itself by what the air has; the change."""
        change = ppm - self.co2_ppm()
        self.correction_ppm += change
        return change


class SimulatedScd4x(MeasuringChip):
    """One SCD4x. While it measures it knows only what does not disturb it."""

    settings = (0x241D, 0x2427, 0x2416)

    def __init__(self, clock: Clock, sources: Sources) -> None:
        super().__init__(clock, sources, 5.0)
        self._began_s = float("inf")

    def obey(self, command: int, arguments: tuple[int, ...]) -> Answer:
        """Start, stop, tell, or be set up."""
        if command == STOP:
            self.stop()
            return (), 0.5
        if command == READY:
            return (0x8006 if self.ready else 0x8000,), 0.0005
        if command == READ:
            co2, temperature, humidity = self.fetch()
            return (round(co2), to_word(temperature, -45.0, 175.0), to_word(humidity, 0.0, 100.0)), 0.0005
        if self.measuring:
            raise NackError
        return self._obey_idle(command, arguments)

    def _obey_idle(self, command: int, arguments: tuple[int, ...]) -> Answer:
        if command == START:
            self._began_s = self._clock.now_s()
            self.start()
            return (), 0.0
        if command == RECALIBRATE and len(arguments) == 1:
            settled = self._clock.now_s() - self._began_s >= SETTLE_S
            return (0x8000 + round(self.told(arguments[0])) if settled else 0xFFFF,), 0.4
        if command == SERIAL:
            return (0xF896, 0x31D0, 0x7BE3), 0.0005
        if command not in self.settings or len(arguments) != 1:
            raise NackError
        self.set_up[command] = arguments[0]
        return (), 0.001


class SimulatedScd30(MeasuringChip):
    """One SCD30. It takes settings at any time, and goes on where it was after its power was lost."""

    settings = (INTERVAL_30, 0x5306, 0x5403, 0x5102, RECALIBRATE_30)

    def __init__(self, clock: Clock, sources: Sources) -> None:
        super().__init__(clock, sources, 2.0)

    def obey(self, command: int, arguments: tuple[int, ...]) -> Answer:
        """Start, stop, tell, or be set up."""
        if command == START_30 and len(arguments) == 1:
            self.set_up[command] = arguments[0]
            if not self.measuring:
                self.start()
            return (), 0.0
        if command == STOP_30:
            self.stop()
            return (), 0.0
        if command == READY_30:
            return (int(self.ready),), 0.002
        if command == READ_30:
            data = struct.pack(">3f", *self.fetch())
            return struct.unpack(">6H", data), 0.002
        if command in (FIRMWARE_30, RECALIBRATE_30) and not arguments:
            return (self.set_up.get(command, 400) if command == RECALIBRATE_30 else 0x0342,), 0.002
        self._set(command, arguments)
        return (), 0.0

    def _set(self, command: int, arguments: tuple[int, ...]) -> None:
        if command not in self.settings or len(arguments) != 1:
            raise NackError
        if command == RECALIBRATE_30:
            self.told(arguments[0])
        self.set_up[command] = arguments[0]
        self._period_s = float(self.set_up.get(INTERVAL_30, 2))


def place(place: Place) -> SimulatedScd4x:
    """The model of a configured SCD4x."""
    return SimulatedScd4x(place.clock, sources_of(place))


def place_scd30(place: Place) -> SimulatedScd30:
    """The model of a configured SCD30."""
    return SimulatedScd30(place.clock, sources_of(place))


def sources_of(place: Place) -> Sources:
    """What such a part measures."""
    return {channel: place.probe(channel) for channel in ("co2", "temperature", "humidity")}
