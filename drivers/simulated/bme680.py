"""A simulated Bosch BME680 or BME688: forced measurements, a plate that is only as hot as it is told, a gas sensor.

Source: Bosch Sensortec, BME680 datasheet BST-BME680-DS001, chapters 3 and 5.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from drivers import bme680
from drivers import bme680_formulas as formulas
from drivers.base import Clock
from drivers.bme680_formulas import Calibration, Variant
from drivers.simulated.place import Place
from drivers.simulated.registers import RegisterChip, code_of

TYPICAL = Calibration(
    (26000, 26400, 3),
    (36500, -10400, 88, 7000, -150, 30, 30, -1200, -2700, 30),
    (800, 1010, 0, 45, 20, 120, -100),
    (-30, -9000, 18),
    40,
    1,
    -2,
)
NOT_MEASURED = bytes.fromhex("00800000800000800000000000000000")
CLEAN_OHM = 120_000.0
VOC_HALF = 0.5e-6
"""The share of volatile compounds at which the resistance is half of that in clean air."""
HOT_CEL, HOT_S = 190.0, 0.02
"""What the plate needs to be called hot: at least this, for this long."""

Source = Callable[[], float]


@dataclass(frozen=True, slots=True)
class AirSources:
    """What it is in: Cel, Pa, %RH, and the share of volatile compounds."""

    temperature: Source
    pressure: Source
    humidity: Source
    voc: Source


class SimulatedBme680(RegisterChip):
    """One BME680 or BME688."""

    def __init__(
        self, clock: Clock, air: AirSources, variant: Variant = Variant.BME680, calibration: Calibration = TYPICAL
    ) -> None:
        super().__init__()
        self._clock = clock
        self._air = air
        self._variant = variant
        self._calibration = calibration
        self._data = b""
        self._done_s = float("-inf")
        self.registers[bme680.VARIANT] = int(variant is Variant.BME688)
        self._show(NOT_MEASURED)
        for (start, count), data in zip(bme680.CALIBRATION_PARTS, encode_calibration(calibration), strict=True):
            self.registers[start : start + count] = data

    def refresh(self) -> None:
        """Show the identity, and the data when the measurement is over."""
        self.registers[bme680.ID] = 0x60 if self.faults.wrong_part else 0x61
        if self._data and self._clock.now_s() >= self._done_s:
            self._show(self._data)
            self._data = b""
            self.registers[bme680.STATUS] = bme680.NEW
            self.registers[bme680.CONTROL] &= 0xFC

    def stored(self, register: int, value: int) -> None:
        """Keep a setting; the control register starts a measurement."""
        if 0x50 <= register <= 0x6D or 0x70 <= register <= 0x75:  # noqa: PLR2004 - what can be written
            super().stored(register, value)
        if register == bme680.CONTROL and value & 3 == bme680.FORCED:
            self._measure(value >> 5, value >> 2 & 7, self.registers[bme680.CONTROL_HUMIDITY] & 7)

    @property
    def heater_cel(self) -> float:
        """How hot the plate gets by what is written now."""
        around = self._air.temperature()
        code = self.registers[bme680.HEATER]
        return min(range(600), key=lambda cel: abs(formulas.heater_code(float(cel), around, self._calibration) - code))

    @property
    def heater_s(self) -> float:
        """How long it is heated."""
        wait = self.registers[bme680.HEATER_WAIT]
        return (wait & 0x3F) * 4.0 ** (wait >> 6) / 1000

    def _measure(self, code_t: int, code_p: int, code_h: int) -> None:
        self.registers[bme680.STATUS] = 0
        samples = sum(1 << min(code, 5) - 1 for code in (code_t, code_p, code_h) if code)
        heats = bool(self.registers[bme680.GAS_SWITCH] & bme680.RUN_GAS[self._variant])
        self._done_s = self._clock.now_s() + samples * 0.001963 + 0.0043 + (self.heater_s if heats else 0.0)
        constants, measured = self._calibration, self.faults.measured
        raw_t = code_of(
            lambda raw: formulas.temperature(raw, constants), measured("temperature", self._air.temperature), 20
        )
        cel = formulas.temperature(raw_t, constants)
        pascal, relative = measured("pressure", self._air.pressure), measured("humidity", self._air.humidity)
        raw_p = code_of(lambda raw: -(formulas.pressure(raw, cel, constants) or 0.0), -pascal, 20)
        raw_h = code_of(lambda raw: formulas.humidity(raw, cel, constants), relative, 16)
        data = bytearray(bme680.DATA_BYTES)
        data[1:4] = ((raw_p if code_p else 0x80000) << 4).to_bytes(3)
        data[4:7] = ((raw_t if code_t else 0x80000) << 4).to_bytes(3)
        data[7:9] = (raw_h if code_h else 0x8000).to_bytes(2)
        at = bme680.GAS_AT[self._variant] - 1
        data[at : at + 2] = self._gas(heats).to_bytes(2)
        self._data = bytes(data)

    def _gas(self, heats: bool) -> int:
        if not heats or self.registers[bme680.HEATER_SWITCH] & bme680.HEATER_OFF:
            return 0
        voc = max(0.0, self.faults.measured("gas", self._air.voc))
        wanted = CLEAN_OHM / (1 + voc / VOC_HALF)
        codes = ((gas_range, raw) for gas_range in range(16) for raw in range(0, 1024, 4))
        gas_range, raw = min(
            codes,
            key=lambda code: abs(formulas.gas_resistance(code[1], code[0], self._variant, self._calibration) - wanted),
        )
        hot = self.heater_cel >= HOT_CEL and self.heater_s >= HOT_S
        return raw << 6 | 0x20 | (0x10 if hot else 0) | gas_range

    def _show(self, data: bytes) -> None:
        self.registers[bme680.STATUS + 1 : bme680.STATUS + 1 + len(data)] = data


def encode_calibration(calibration: Calibration) -> tuple[bytes, bytes, bytes]:
    """The 23 bytes from 0x8A, the 14 from 0xE1 and the 5 from 0x00 that hold these constants."""
    t1, t2, t3 = calibration.t
    p1, p2, p3, p4, p5, p6, p7, p8, p9, p10 = calibration.p
    h1, h2, *rest = calibration.h
    g1, g2, g3 = calibration.g
    first = struct.pack("<hbxHhbxhhbbxxhhB", t2, t3, p1, p2, p3, p4, p5, p7, p6, p8, p9, p10)
    shared = bytes([h2 >> 4, (h2 & 0x0F) << 4 | h1 & 0x0F, h1 >> 4])
    second = shared + struct.pack("<bbbBbHhbb", *rest, t1, g2, g1, g3)
    third = struct.pack("<bxBxb", calibration.heater_value, calibration.heater_range << 4, calibration.range_error << 4)
    return first, second, third


def place(place: Place) -> SimulatedBme680:
    """The model of a configured BME680; its resistance has no unit in which the world could say it."""
    probe = place.probe
    air = AirSources(probe("temperature"), probe("pressure"), probe("humidity"), place.around("air.voc"))
    return SimulatedBme680(place.clock, air)
