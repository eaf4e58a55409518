"""ams CCS811: volatile compounds, and the CO2 that would go with them, over I2C.

It warms up for twenty minutes after it was started, in which there is no reading; a gateway that finds it measuring
takes it for warm. It holds the clock line while it works: on the Raspberry Pi up to the 3 it needs a slow bus
(dtparam=i2c_arm_baudrate=10000) or one of the kernel's own (dtoverlay=i2c-gpio).

Source: ams, CCS811 datasheet DS000459, sections on the application registers and on timing; application note AN000370.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, NotYetError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus
from drivers.latest import Latest

STATUS, MODE, RESULT, CLIMATE, HARDWARE, ERROR, START = 0x00, 0x01, 0x02, 0x05, 0x20, 0xE0, 0xF4
HARDWARE_ID = 0x81
RUNNING, VALID, READY, FAILED = 0x80, 0x10, 0x08, 0x01
EVERY_SECOND = 0x10
START_S = 0.07
RESULT_BYTES = 4
PERIOD_S, WARM_UP_S = 1.0, 1200.0
LEAST_PPM = 400
PPM, PPB = 1e-6, 1e-9
COLDEST_CEL = -25.0
"""What the climate's temperature is counted from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ccs811Settings:
    """One CCS811."""

    address: Annotated[int, Limits(0x5A, 0x5B)] = 0x5A
    """Its I2C address, by what ADDR is wired to: 0x5A ground, 0x5B supply."""
    temperature: Annotated[float, Limits(-25.0, 85.0, "Cel")] = 25.0
    """Of the air around it, which it does not measure."""
    humidity: Annotated[float, Limits(0.0, 100.0, "%RH")] = 50.0
    """Of the air around it."""


def encode_climate(cel: float, relative: float) -> bytes:
    """The two words that say the climate: 25 Cel and 50 %RH are 64 00 64 00."""
    return round(relative * 512).to_bytes(2) + round((cel - COLDEST_CEL) * 512).to_bytes(2)


def decode_result(data: bytes) -> dict[str, float]:
    """Equivalent CO2 and volatile compounds, as ratios, of the first four bytes of a result."""
    return {"eco2": round(int.from_bytes(data[:2]) * PPM, 6), "tvoc": round(int.from_bytes(data[2:4]) * PPB, 9)}


class Ccs811(Driver):
    """One CCS811 on an I2C bus."""

    name: ClassVar[str] = "ccs811"
    title: ClassVar[str] = "ams CCS811"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Ccs811Settings

    def __init__(self, bus: I2CBus, settings: Ccs811Settings) -> None:
        self._bus = bus
        self._settings = settings
        self._latest = Latest(bus.clock, 10 * PERIOD_S)
        self._warm_s = 0.0

    @classmethod
    def channels(cls, settings: Ccs811Settings) -> tuple[Channel, ...]:
        """What the part works out of the gas that it senses."""
        del settings
        about = "CO2 that would go with the volatile compounds; not measured"
        return (
            Channel(name="eco2", unit="/", low=400e-6, high=0.0327, resolution=PPM, about=about),
            Channel(name="tvoc", unit="/", low=0.0, high=32.7e-6, resolution=PPB, about="share of volatile compounds"),
        )

    def open(self) -> None:
        """See that it is the right part, and let it measure; one that does is not disturbed.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address, or the part has no program.
            BusError: the bus does not work.
        """
        found = self._get(HARDWARE, 1)[0]
        if found != HARDWARE_ID:
            raise WrongPartError(f"{self._place()}: another part answers (identity 0x{found:02X})")
        self._latest.forget()
        status = self._get(STATUS, 1)[0]
        if not status & VALID:
            raise NoAnswerError(f"{self._place()}: has no program (status 0x{status:02X})")
        if not status & RUNNING:
            self._bus.write(self._settings.address, bytes([START]))
            self._bus.clock.sleep(START_S)
        if self._get(MODE, 1)[0] & 0x70 != EVERY_SECOND:
            self._bus.write_register(self._settings.address, MODE, bytes([EVERY_SECOND]))
            self._warm_s = self._bus.clock.now_s() + WARM_UP_S
        climate = encode_climate(self._settings.temperature, self._settings.humidity)
        self._bus.write_register(self._settings.address, CLIMATE, climate)

    def read(self) -> Readings:
        """Fetch the measurement if there is a new one, or give the last, which is ten seconds old at most.

        Raises:
            NotYetError: the part has not warmed up, or has no measurement yet.
            NoAnswerError: nobody answers, or the part has failed or does not measure, as after a loss of supply.
            BusError: the bus does not work.
        """
        status = self._get(STATUS, 1)[0]
        if not status & RUNNING:
            raise NoAnswerError(f"{self._place()}: does not run; it may have lost its supply")
        if status & FAILED:
            raise NoAnswerError(f"{self._place()}: error 0x{self._get(ERROR, 1)[0]:02X}")
        rest_s = self._warm_s - self._bus.clock.now_s()
        if rest_s > 0:
            self._latest.forget()
            raise NotYetError(f"{self._place()}: warming up, {rest_s:.0f} s to go")
        if not status & READY:
            return self._latest.get(self._place())
        values = decode_result(self._get(RESULT, RESULT_BYTES))
        if values["eco2"] < LEAST_PPM * PPM:
            self._latest.forget()
            raise NotYetError(f"{self._place()}: less CO2 than in any air; it is not ready")
        return self._latest.keep(values)

    def _get(self, register: int, count: int) -> bytes:
        return self._bus.read_register(self._settings.address, register, count)

    def _place(self) -> str:
        return f"{self.name} at 0x{self._settings.address:02X}"
