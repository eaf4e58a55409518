"""Aosong AM2320: temperature and humidity over I2C. It sleeps, and does not answer the first time.

It measures when it is read and gives what it measured the time before: a value is as old as the interval of reading.

Source: Aosong, AM2320 datasheet, section 8 (I2C communication: wake-up, reading registers, CRC).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, ChecksumError, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus
from drivers.checksums import crc16_modbus

REQUEST = bytes((0x03, 0x00, 0x04))
"""Read four registers from the first."""
HEADER = bytes((0x03, 0x04))
ANSWER_BYTES = 8
WAKE_S, WAKE_TRIES = 0.002, 3
"""It is awake 0.8 ms after it was called, and sleeps again 3 ms after the last call."""
ANSWER_S = 0.002
INTERVAL_S = 2.0
"""Read more often it warms itself."""
SIGN = 0x8000


@dataclass(frozen=True, kw_only=True, slots=True)
class Am2320Settings:
    """One AM2320."""

    address: Annotated[int, Limits(0x5C, 0x5C)] = 0x5C
    """Its I2C address, which is fixed."""


def decode(data: bytes) -> dict[str, float]:
    """Temperature in Cel and relative humidity in %RH of an answer of eight bytes.

    Raises:
        ChecksumError: it is no answer to the request, or its checksum is wrong.
    """
    check = int.from_bytes(data[6:8], "little")
    if len(data) != ANSWER_BYTES or data[:2] != HEADER or crc16_modbus(data[:6]) != check:
        raise ChecksumError(f"am2320: the answer {data.hex()} is none, or has a wrong checksum")
    humidity, word = int.from_bytes(data[2:4]), int.from_bytes(data[4:6])
    tenths = -(word & ~SIGN) if word & SIGN else word
    return {"temperature": tenths / 10, "humidity": humidity / 10}


class Am2320(Driver):
    """One AM2320 on an I2C bus."""

    name: ClassVar[str] = "am2320"
    title: ClassVar[str] = "Aosong AM2320, AM2321, AM2322"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Am2320Settings

    def __init__(self, bus: I2CBus, settings: Am2320Settings) -> None:
        self._bus = bus
        self._address = settings.address
        self._last: tuple[float, Readings] | None = None

    @classmethod
    def channels(cls, settings: Am2320Settings) -> tuple[Channel, ...]:
        """Temperature and humidity."""
        del settings
        return (
            Channel(name="temperature", unit="Cel", low=-40.0, high=80.0, resolution=0.1, about="air temperature"),
            Channel(name="humidity", unit="%RH", low=0.0, high=99.9, resolution=0.1, about="relative humidity"),
        )

    def open(self) -> None:
        """Read once and see that the answer is one: the part has no identity to ask for.

        Raises:
            WrongPartError: the same wrong answer came twice.
            ChecksumError: different wrong answers came.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        self._last = None
        first = self._fetch()
        try:
            decode(first)
        except ChecksumError as error:
            # A disturbed answer differs from time to time; another part gives the same one again.
            again = self._fetch()
            if again == first:
                place = f"{self.name} at 0x{self._address:02X}"
                raise WrongPartError(f"{place}: another part answers ({first.hex()})") from error
            decode(again)

    def read(self) -> Readings:
        """Fetch what was measured, or give the last values within two seconds after they came.

        Raises:
            ChecksumError: the answer was disturbed.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        now_s = self._bus.clock.now_s()
        if self._last is not None and now_s - self._last[0] < INTERVAL_S:
            return self._last[1]
        values = decode(self._fetch())
        self._last = (now_s, values)
        return values

    def _fetch(self) -> bytes:
        for _ in range(WAKE_TRIES - 1):
            try:
                self._bus.write(self._address, REQUEST)
                break
            except NoAnswerError:
                self._bus.clock.sleep(WAKE_S)  # It was asleep, and heard the call.
        else:
            self._bus.write(self._address, REQUEST)
        self._bus.clock.sleep(ANSWER_S)
        return self._bus.read(self._address, ANSWER_BYTES)
