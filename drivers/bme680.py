"""Bosch BME680 and BME688: temperature, pressure, humidity and the resistance of a heated gas sensor over I2C.

Each reading is a forced measurement, at whose end the gas sensor is heated for a moment. Its resistance falls with the
volatile compounds in the air; an index of air quality needs software that Bosch does not give the source of, and is not
made here. While the part says that its plate was not hot the resistance is left out.

Source: Bosch Sensortec, BME680 datasheet BST-BME680-DS001, chapters 3 and 5; formulas in `bme680_formulas`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bme680_formulas import (
    Calibration,
    Variant,
    decode_calibration,
    gas_resistance,
    heater_code,
    humidity,
    pressure,
    temperature,
    wait_code,
)
from drivers.bus.i2c import I2CBus

ID, VARIANT, STATUS, DATA_BYTES = 0xD0, 0xF0, 0x1D, 16
CONTROL_HUMIDITY, CONTROL, FILTER = 0x72, 0x74, 0x75
HEATER, HEATER_WAIT, HEATER_SWITCH, GAS_SWITCH = 0x5A, 0x64, 0x70, 0x71
CALIBRATION_PARTS = ((0x8A, 23), (0xE1, 14), (0x00, 5))
"""Where the constants are, and how many bytes."""
HEATER_OFF = 0x08
RUN_GAS = {Variant.BME680: 0x10, Variant.BME688: 0x20}
NEW, FORCED = 0x80, 1
GAS_AT = {Variant.BME680: 13, Variant.BME688: 15}
"""Where in the block of data the resistance is."""
GAS_GOOD = 0x30
"""Bits beside it: it was measured, on a plate that was hot."""
SKIPPED_20, SKIPPED_16 = 0x80000, 0x8000
PARTS = {0x60: "BME280", 0x58: "BMP280", 0x55: "BMP180", 0x61: "BME680"}
SAMPLE_S, STEP_S, SWITCH_S = 0.001963, 0.000477, 0.001
STEPS = 9
BUSY_TRIES, BUSY_WAIT_S = 10, 0.005
ROOM_CEL = 25.0

Samples = Literal[1, 2, 4, 8, 16]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bme680Settings:
    """One BME680 or BME688."""

    address: Annotated[int, Limits(0x76, 0x77)] = 0x76
    """Its I2C address, by what SDO is wired to: 0x76 ground, 0x77 supply."""
    oversampling: Samples = 2
    """How many samples make one reading of temperature, pressure and humidity."""
    gas: bool = True
    """Measure the resistance of the gas sensor; without, the part stays cool and takes a hundredth of the current."""
    heater_temperature: Annotated[float, Limits(200.0, 400.0, "Cel")] = 320.0
    """How hot its plate is made."""
    heater_s: Annotated[float, Limits(0.001, 1.0, "s")] = 0.15
    """How long it is heated for each reading."""


class Bme680(Driver):
    """One BME680 on an I2C bus."""

    name: ClassVar[str] = "bme680"
    title: ClassVar[str] = "Bosch BME680, BME688"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Bme680Settings

    def __init__(self, bus: I2CBus, settings: Bme680Settings) -> None:
        self._bus = bus
        self._settings = settings
        self._variant = Variant.BME680
        self._calibration: Calibration | None = None
        self._cel = ROOM_CEL

    @classmethod
    def channels(cls, settings: Bme680Settings) -> tuple[Channel, ...]:
        """Temperature, pressure, humidity and, if wanted, the gas sensor's resistance."""
        found = (
            Channel(name="temperature", unit="Cel", low=-40.0, high=85.0, resolution=0.01, about="air temperature"),
            Channel(name="pressure", unit="Pa", low=30_000.0, high=110_000.0, resolution=0.2, about="air pressure"),
            Channel(name="humidity", unit="%RH", low=0.0, high=100.0, resolution=0.01, about="relative humidity"),
        )
        about = "resistance of the gas sensor: the less, the more volatile compounds"
        gas = Channel(name="gas", unit="Ohm", low=1.0, high=110e6, resolution=1.0, about=about)
        return (*found, gas) if settings.gas else found

    def open(self) -> None:
        """See which part it is, and fetch its calibration.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers, or the part has no calibration.
            BusError: the bus does not work.
        """
        identity = self._get(ID, 1)[0]
        if PARTS.get(identity) != "BME680":
            found = PARTS.get(identity, f"a part with the identity 0x{identity:02X}")
            raise WrongPartError(f"{self._place()}: found {found}, configured {self.name}")
        self._variant = Variant.BME688 if self._get(VARIANT, 1)[0] == 1 else Variant.BME680
        first, second, third = (self._get(register, count) for register, count in CALIBRATION_PARTS)
        if len(set(first)) == 1:
            raise NoAnswerError(f"{self._place()}: no calibration (all 0x{first[0]:02X})")
        self._calibration = decode_calibration(first, second, third)

    def read(self) -> Readings:
        """Measure once; the resistance is left out while the plate does not get hot.

        Raises:
            NoAnswerError: nobody answers, nothing was measured, or the measurement never ends.
            BusError: the bus does not work.
        """
        if self._calibration is None:
            raise NoAnswerError(f"{self._place()}: was not opened")
        data = self._measure(self._calibration)
        raw_p, raw_t, raw_h = (
            int.from_bytes(data[2:5]) >> 4,
            int.from_bytes(data[5:8]) >> 4,
            int.from_bytes(data[8:10]),
        )
        if SKIPPED_20 in {raw_p, raw_t} or raw_h == SKIPPED_16:
            raise NoAnswerError(f"{self._place()}: nothing was measured ({data.hex()})")
        cel = temperature(raw_t, self._calibration)
        pascal = pressure(raw_p, cel, self._calibration)
        if pascal is None:
            raise NoAnswerError(f"{self._place()}: the calibration is blank")
        self._cel = cel
        values = {"temperature": round(cel, 2), "pressure": round(pascal, 1)}
        values["humidity"] = round(humidity(raw_h, cel, self._calibration), 2)
        return values | (self._gas(data, self._calibration) if self._settings.gas else {})

    def _gas(self, data: bytes, calibration: Calibration) -> dict[str, float]:
        at = GAS_AT[self._variant]
        word = int.from_bytes(data[at : at + 2])
        if word & GAS_GOOD != GAS_GOOD:
            return {}
        return {"gas": round(gas_resistance(word >> 6, word & 0x0F, self._variant, calibration))}

    def _measure(self, calibration: Calibration) -> bytes:
        """The block of data of one measurement."""
        settings = self._settings
        code = settings.oversampling.bit_length()
        self._put(CONTROL_HUMIDITY, code)
        self._put(FILTER, 0)
        if settings.gas:
            # The air around cools the plate: what it takes to heat it depends on the temperature measured last.
            self._put(HEATER, heater_code(settings.heater_temperature, self._cel, calibration))
            self._put(HEATER_WAIT, wait_code(settings.heater_s))
        self._put(HEATER_SWITCH, 0 if settings.gas else HEATER_OFF)
        self._put(GAS_SWITCH, RUN_GAS[self._variant] if settings.gas else 0)
        self._put(CONTROL, code << 5 | code << 2 | FORCED)
        sampling_s = 3 * settings.oversampling * SAMPLE_S + STEPS * STEP_S + SWITCH_S
        self._bus.clock.sleep(sampling_s + (settings.heater_s if settings.gas else 0.0))
        for _ in range(BUSY_TRIES):
            data = self._get(STATUS, DATA_BYTES + 1)
            if data[0] & NEW:
                return data
            self._bus.clock.sleep(BUSY_WAIT_S)
        raise NoAnswerError(f"{self._place()}: the measurement does not end")

    def _get(self, register: int, count: int) -> bytes:
        return self._bus.read_register(self._settings.address, register, count)

    def _put(self, register: int, value: int) -> None:
        self._bus.write_register(self._settings.address, register, bytes([value]))

    def _place(self) -> str:
        return f"{self.name} at 0x{self._settings.address:02X}"
