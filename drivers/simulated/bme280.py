"""A simulated Bosch BME280 or BMP280: calibration, forced measurements that take their time, and a block of data.

Source: Bosch Sensortec, BME280 datasheet BST-BME280-DS002, chapter 5 and appendix 9.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from drivers import bme280
from drivers.base import Clock
from drivers.bme280 import Calibration
from drivers.simulated.place import Place
from drivers.simulated.registers import RegisterChip, code_of

TYPICAL = Calibration(
    (27504, 26435, -1000),
    (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000),
    (75, 362, 0, 313, 50, 30),
)
RESET, RESET_WORD, RESET_S = 0xE0, 0xB6, 0.002
NOT_MEASURED = bytes.fromhex("8000008000008000")

Source = Callable[[], float]


class SimulatedBme280(RegisterChip):
    """One BME280 in air of given temperature (Cel), pressure (Pa) and humidity (%RH); without the last, a BMP280."""

    def __init__(
        self,
        clock: Clock,
        temperature: Source,
        pressure: Source,
        humidity: Source | None,
        calibration: Calibration = TYPICAL,
    ) -> None:
        super().__init__()
        self._clock = clock
        self._temperature = temperature
        self._pressure = pressure
        self._humidity = humidity
        self._calibration = calibration
        self._sampled_humidity = 0
        self._done_s = float("-inf")
        self._data = NOT_MEASURED
        self.registers[bme280.DATA : bme280.DATA + 8] = NOT_MEASURED
        encoded = encode_calibration(calibration)
        self.registers[0x88 : 0x88 + len(encoded[0])] = encoded[0]
        if humidity:
            self.registers[0xE1 : 0xE1 + len(encoded[1])] = encoded[1]

    def refresh(self) -> None:
        """Show identity and status, and the data when the measurement is over."""
        own = 0x60 if self._humidity else 0x58
        self.registers[bme280.ID] = 0x58 if self.faults.wrong_part and self._humidity else own
        if self.faults.wrong_part and not self._humidity:
            self.registers[bme280.ID] = 0x61
        busy = self._clock.now_s() < self._done_s
        self.registers[bme280.STATUS] = bme280.MEASURING if busy else 0
        if not busy and self._data:
            self.registers[bme280.DATA : bme280.DATA + 8] = self._data
            self.registers[bme280.CONTROL] &= 0xFC
            self._data = b""

    def stored(self, register: int, value: int) -> None:
        """Start a measurement, or keep what was written; what cannot be written stays as it is."""
        if register == RESET and value == RESET_WORD:
            self._done_s = self._clock.now_s() + RESET_S
            self._data = NOT_MEASURED
        elif register in {bme280.CONTROL_HUMIDITY, bme280.CONFIG}:
            super().stored(register, value)
        elif register == bme280.CONTROL:
            super().stored(register, value)
            self._sampled_humidity = self.registers[bme280.CONTROL_HUMIDITY] & 7 if self._humidity else 0
            if value & 3:
                self._measure(value >> 5, value >> 2 & 7, self._sampled_humidity)

    def _measure(self, code_t: int, code_p: int, code_h: int) -> None:
        factors = [1 << min(code, 5) - 1 for code in (code_t, code_p, code_h) if code]
        self._done_s = self._clock.now_s() + (1.25 + 2.3 * sum(factors) + 0.575 * (len(factors) - 1)) / 1000
        constants = self._calibration
        wanted = self.faults.measured("temperature", self._temperature) * 5120
        raw_t = code_of(lambda raw: bme280.fine_temperature(raw, constants), wanted, 20)
        fine = bme280.fine_temperature(raw_t, constants)
        pascal = self.faults.measured("pressure", self._pressure)
        raw_p = code_of(lambda raw: -bme280.pressure(raw, fine, constants), -pascal, 20)
        raw_h = 0x8000
        if code_h and self._humidity:
            relative = self.faults.measured("humidity", self._humidity)
            raw_h = code_of(lambda raw: bme280.humidity(raw, fine, constants), relative, 16)
        self._data = (
            ((raw_p if code_p else 0x80000) << 4).to_bytes(3)
            + ((raw_t if code_t else 0x80000) << 4).to_bytes(3)
            + raw_h.to_bytes(2)
        )


def encode_calibration(calibration: Calibration) -> tuple[bytes, bytes]:
    """The 26 bytes from 0x88 and the 7 from 0xE1 that hold these constants."""
    h1, h2, h3, h4, h5, h6 = calibration.h
    first = struct.pack("<HhhH8hxB", *calibration.t, *calibration.p, h1)
    shared = bytes([h4 >> 4 & 0xFF, (h5 & 0x0F) << 4 | h4 & 0x0F, h5 >> 4 & 0xFF])
    return first, struct.pack("<hB", h2, h3) + shared + struct.pack("<b", h6)


def place(place: Place) -> SimulatedBme280:
    """The model of a configured BME280."""
    probe = place.probe
    return SimulatedBme280(place.clock, probe("temperature"), probe("pressure"), probe("humidity"))


def place_bmp280(place: Place) -> SimulatedBme280:
    """The model of a configured BMP280."""
    return SimulatedBme280(place.clock, place.probe("temperature"), place.probe("pressure"), None)
