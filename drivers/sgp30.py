"""Sensirion SGP30: volatile compounds, and the CO2 that would go with them, over I2C.

Both are worked out by the part, which wants to be asked once a second; read more seldom, its own idea of clean air is
learned more slowly. In the first fifteen seconds it gives what stands for clean air, which is no reading here. Nothing
tells that it lost its power afterwards: it then gives clean air until it is opened again.

Source: Sensirion, Datasheet SGP30, sections 6.2 (communication) and 6.3 (measurement commands).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, NotYetError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus
from drivers.sensirion import Words

INITIALISE, MEASURE, SERIAL, FEATURES = b"\x20\x03", b"\x20\x08", b"\x36\x82", b"\x20\x2f"
INITIALISE_S, MEASURE_S, SERIAL_S, FEATURES_S = 0.010, 0.012, 0.0005, 0.010
PRODUCT_BITS = 0xF000
"""Of the feature set: 0 is the SGP30."""
WARM_UP_S = 15.0
PPM, PPB = 1e-6, 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Sgp30Settings:
    """One SGP30."""

    address: Annotated[int, Limits(0x58, 0x58)] = 0x58
    """Its I2C address, which is fixed."""


def decode_measurement(words: tuple[int, ...]) -> dict[str, float]:
    """Equivalent CO2 and volatile compounds, as ratios, of the two words of a measurement."""
    co2_ppm, tvoc_ppb = words
    return {"eco2": round(co2_ppm * PPM, 6), "tvoc": round(tvoc_ppb * PPB, 9)}


class Sgp30(Driver):
    """One SGP30 on an I2C bus."""

    name: ClassVar[str] = "sgp30"
    title: ClassVar[str] = "Sensirion SGP30"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Sgp30Settings

    def __init__(self, bus: I2CBus, settings: Sgp30Settings) -> None:
        self._clock = bus.clock
        self._words = Words(bus, settings.address, self.name)
        self._warm_s = 0.0

    @classmethod
    def channels(cls, settings: Sgp30Settings) -> tuple[Channel, ...]:
        """What the part works out of the gas that it senses."""
        del settings
        about = "CO2 that would go with the volatile compounds; not measured"
        return (
            Channel(name="eco2", unit="/", low=400e-6, high=0.06, resolution=PPM, about=about),
            Channel(name="tvoc", unit="/", low=0.0, high=60e-6, resolution=PPB, about="share of volatile compounds"),
        )

    def open(self) -> None:
        """See that it is the right part, and let it begin.

        Raises:
            WrongPartError: another part answers.
            ChecksumError: the answer was disturbed.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        self._words.identify(SERIAL, 3, wait_s=SERIAL_S)
        (features,) = self._words.ask(FEATURES, 1, wait_s=FEATURES_S)
        if features & PRODUCT_BITS:
            raise WrongPartError(f"{self._words.place}: another part answers (feature set 0x{features:04X})")
        self._words.send(INITIALISE, wait_s=INITIALISE_S)
        self._warm_s = self._clock.now_s() + WARM_UP_S

    def read(self) -> Readings:
        """Measure.

        Raises:
            ChecksumError: the answer was disturbed.
            NotYetError: the part has not warmed up.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        values = decode_measurement(self._words.ask(MEASURE, 2, wait_s=MEASURE_S))
        rest_s = self._warm_s - self._clock.now_s()
        if rest_s > 0:
            raise NotYetError(f"{self._words.place}: warming up, {rest_s:.0f} s to go")
        return values
