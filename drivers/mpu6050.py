"""InvenSense MPU6050 and relatives: acceleration along three axes, and the temperature of the part, over I2C.

The rates of rotation are not read: SenML has no unit for them.

Source: InvenSense, MPU-6000/6050 Register Map and Descriptions RM-MPU-6000A, sections 4.5 (acceleration range), 4.17 to
4.18 (acceleration, temperature), 4.28 (power management), 4.32 (identity); MPU-6500 Register Map, section 4.23.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus

FILTER, RANGE, DATA, POWER, ID = 0x1A, 0x1C, 0x3B, 0x6B, 0x75
DATA_BYTES = 8
"""Three axes and the temperature, in one go."""
FROM_GYRO = 0x01
"""Written to the power register: awake, on the clock of a gyroscope, which is steadier than the part's own."""
SLEEPING = 0x40
FILTER_44_HZ = 0x03
WAKE_S = 0.050
COUNTS_PER_G = 16_384
"""In the narrowest range."""
RANGES_G = (2, 4, 8, 16)
"""By their code, 0 to 3."""
GRAVITY = 9.80665
"""m/s2, by definition (BIPM, SI Brochure)."""

TEMPERATURES = {0x68: (340.0, 36.53), 0x70: (333.87, 21.0), 0x71: (333.87, 21.0)}
"""Identity -> counts per Cel, and the temperature of count 0: MPU6050, MPU6500, MPU9250."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mpu6050Settings:
    """One MPU6050."""

    address: Annotated[int, Limits(0x68, 0x69)] = 0x68
    """Its I2C address, by what AD0 is wired to: 0x68 ground, 0x69 supply."""
    range_g: Literal[2, 4, 8, 16] = 4
    """The largest acceleration to expect, in multiples of gravity."""


def decode(data: bytes, range_code: int, temperature: tuple[float, float]) -> dict[str, float]:
    """Accelerations in m/s2 and the temperature in Cel of eight bytes."""
    x, y, z, warm = struct.unpack(">4h", data)
    step = GRAVITY / (COUNTS_PER_G >> range_code)
    values = {axis: round(count * step, 4) for axis, count in (("x", x), ("y", y), ("z", z))}
    return values | {"temperature": round(warm / temperature[0] + temperature[1], 2)}


class Mpu6050(Driver):
    """One MPU6050 on an I2C bus."""

    name: ClassVar[str] = "mpu6050"
    title: ClassVar[str] = "InvenSense MPU6050, MPU6500, MPU9250"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Mpu6050Settings

    def __init__(self, bus: I2CBus, settings: Mpu6050Settings) -> None:
        self._bus = bus
        self._address = settings.address
        self._code = RANGES_G.index(settings.range_g)
        self._temperature = TEMPERATURES[0x68]

    @classmethod
    def channels(cls, settings: Mpu6050Settings) -> tuple[Channel, ...]:
        """The three axes, whose range ends before the count that stands for all beyond it, and the temperature."""
        step = GRAVITY / (COUNTS_PER_G >> RANGES_G.index(settings.range_g))
        most = 32_766 * step
        axes = (
            Channel(name=axis, unit="m/s2", low=-most, high=most, resolution=step, about=f"acceleration along {axis}")
            for axis in "xyz"
        )
        about = "temperature of the part"
        return (
            *axes,
            Channel(name="temperature", unit="Cel", low=-40.0, high=85.0, resolution=0.01, about=about),
        )

    def open(self) -> None:
        """Compare the identity, wake the part, and set its range.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        found = self._bus.read_register(self._address, ID, 1)[0]
        if found not in TEMPERATURES:
            raise WrongPartError(f"{self._place()}: another part answers (identity 0x{found:02X})")
        self._temperature = TEMPERATURES[found]
        for register, value in ((POWER, FROM_GYRO), (FILTER, FILTER_44_HZ), (RANGE, self._code << 3)):
            self._bus.write_register(self._address, register, bytes([value]))
        self._bus.clock.sleep(WAKE_S)

    def read(self) -> Readings:
        """Fetch everything in one go.

        Raises:
            NoAnswerError: nobody answers at the address, or the part lost its power and sleeps.
            BusError: the bus does not work.
        """
        power = self._bus.read_register(self._address, POWER, 1)[0]
        if power != FROM_GYRO:
            asleep = "; it lost its power and sleeps" if power & SLEEPING else ""
            raise NoAnswerError(f"{self._place()}: not as it was set up (power register 0x{power:02X}){asleep}")
        data = self._bus.read_register(self._address, DATA, DATA_BYTES)
        return decode(data, self._code, self._temperature)

    def _place(self) -> str:
        return f"{self.name} at 0x{self._address:02X}"
