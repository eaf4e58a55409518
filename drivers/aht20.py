"""Aosong AHT20 and its relatives (temperature, relative humidity) over I2C, and the older AHT10.

The AHT10 sends no checksum, and is initialised by another command; otherwise they are the same.

Source: Aosong, AHT20 Product manuals, chapter 5 (sensor communication) and 6 (signal conversion); AHT10 Product manual,
chapter 5; DHT20 Product manual, chapter 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, ChecksumError, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus
from drivers.checksums import crc8

MEASURE = b"\xac\x33\x00"
MEASURE_S, INITIALISE_S = 0.080, 0.010
BUSY, CALIBRATED = 0x80, 0x08
FRAME_BYTES = 6
"""Status, humidity of 20 bits, temperature of 20 bits; a checksum may follow."""
FULL = 1 << 20
BUSY_TRIES = 5
BUSY_WAIT_S = 0.010


@dataclass(frozen=True, kw_only=True, slots=True)
class Aht20Settings:
    """One AHT20 or a relative of it."""

    address: Annotated[int, Limits(0x38, 0x39)] = 0x38
    """Its I2C address: 0x38, of some AHT10 0x39."""


def check(data: bytes) -> bytes:
    """The frame without its checksum.

    Raises:
        ChecksumError: the checksum is wrong.
    """
    frame, sent = data[:FRAME_BYTES], data[FRAME_BYTES:]
    if sent != bytes([crc8(frame)]):
        raise ChecksumError(f"checksum 0x{sent.hex()} of {frame.hex()}, 0x{crc8(frame):02x} expected")
    return frame


def decode_frame(frame: bytes) -> tuple[float, float]:
    """Temperature in Cel and relative humidity in %RH of six bytes.

    Raises:
        NoAnswerError: the humidity is the zero that a broken or missing element gives.
    """
    bits = int.from_bytes(frame[1:FRAME_BYTES])
    humidity, temperature = bits >> 20, bits & FULL - 1
    if humidity == 0:
        raise NoAnswerError("its humidity element gives nothing")
    return round(temperature * 200 / FULL - 50, 2), round(humidity * 100 / FULL, 2)


class Aht20(Driver):
    """One AHT20 on an I2C bus."""

    name: ClassVar[str] = "aht20"
    title: ClassVar[str] = "Aosong AHT20, AHT21, DHT20, AM2301B"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Aht20Settings
    initialise: ClassVar[bytes] = b"\xbe\x08\x00"
    checksum_bytes: ClassVar[int] = 1

    def __init__(self, bus: I2CBus, settings: Aht20Settings) -> None:
        self._bus = bus
        self._address = settings.address

    @classmethod
    def channels(cls, settings: Aht20Settings) -> tuple[Channel, ...]:
        """Temperature and humidity."""
        del settings
        return (
            Channel(name="temperature", unit="Cel", low=-40.0, high=85.0, resolution=0.01, about="air temperature"),
            Channel(name="humidity", unit="%RH", low=0.0, high=100.0, resolution=0.03, about="relative humidity"),
        )

    def open(self) -> None:
        """Initialise the part if it is not, and measure once: it has no identity, and a good frame stands for one.

        Raises:
            WrongPartError: it cannot be initialised, or the same frame with a wrong checksum came twice.
            ChecksumError: different frames with wrong checksums came.
            NoAnswerError: nobody answers, or the measurement never ends.
            BusError: the bus does not work.
        """
        if not self._bus.read(self._address, 1)[0] & CALIBRATED:
            self._bus.write(self._address, self.initialise)
            self._bus.clock.sleep(INITIALISE_S)
            status = self._bus.read(self._address, 1)[0]
            if not status & CALIBRATED:
                raise WrongPartError(
                    f"{self._place()}: another part answers (status 0x{status:02X} after initialising)"
                )
        first = self._fetch()
        try:
            self._checked(first)
        except ChecksumError as error:
            # Without another measurement the part gives the same frame again, and a disturbance another one.
            again = self._bus.read(self._address, FRAME_BYTES + self.checksum_bytes)
            if again == first:
                raise WrongPartError(f"{self._place()}: another part answers ({first.hex()} twice)") from error
            self._checked(again)

    def read(self) -> Readings:
        """Measure both.

        Raises:
            ChecksumError: the answer was disturbed.
            NoAnswerError: nobody answers, the measurement never ends, or the part has lost its initialisation.
            BusError: the bus does not work.
        """
        frame = self._checked(self._fetch())
        if not frame[0] & CALIBRATED:
            raise NoAnswerError(f"{self._place()}: not initialised; it lost its power")
        try:
            temperature, humidity = decode_frame(frame)
        except NoAnswerError as error:
            raise NoAnswerError(f"{self._place()}: {error}") from error
        return {"temperature": temperature, "humidity": humidity}

    def _checked(self, data: bytes) -> bytes:
        if not self.checksum_bytes:
            return data
        try:
            return check(data)
        except ChecksumError as error:
            raise ChecksumError(f"{self._place()}: {error}") from error

    def _fetch(self) -> bytes:
        self._bus.write(self._address, MEASURE)
        self._bus.clock.sleep(MEASURE_S)
        for _ in range(BUSY_TRIES):
            data = self._bus.read(self._address, FRAME_BYTES + self.checksum_bytes)
            if not data[0] & BUSY:
                return data
            self._bus.clock.sleep(BUSY_WAIT_S)
        raise NoAnswerError(f"{self._place()}: busy for too long")

    def _place(self) -> str:
        return f"{self.name} at 0x{self._address:02X}"


class Aht10(Aht20):
    """One AHT10 on an I2C bus."""

    name: ClassVar[str] = "aht10"
    title: ClassVar[str] = "Aosong AHT10, AHT15"
    initialise: ClassVar[bytes] = b"\xe1\x08\x00"
    checksum_bytes: ClassVar[int] = 0
