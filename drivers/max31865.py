"""Maxim MAX31865: a platinum thermometer, PT100 or PT1000 on two, three or four wires, read over SPI.

The current through the probe flows only while it is measured, so that it does not warm itself. Before every
conversion the part looks at its wires, and every fault that it finds is an error.

Source: Maxim, MAX31865 datasheet 19-6478, tables 1 to 7 (registers, fault conditions), section "Fault Detection", and
the electrical characteristics (conversion times).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from drivers.base import BusKind, Channel, Driver, DriverError, Limits, Readings, WrongPartError
from drivers.bus.spi import SpiBus, SpiPart
from drivers.platinum import HIGHEST_CEL, LOWEST_CEL, celsius_at
from drivers.probes import ProbeError, check_line

WRITE = 0x80
"""Added to a register's address to write it."""
REGISTERS = 8
THRESHOLDS = b"\xff\xff\x00\x00"
"""Registers 3 to 6, which are never written, as they are after power-up."""

BIAS, ONE_SHOT, THREE_WIRES, LOOK_AT_WIRES, CLEAR_FAULTS, REJECT_50_HZ = 0x80, 0x20, 0x10, 0x04, 0x02, 0x01

SETTLE_S = 0.01
"""From the bias to a measurement: 10.5 time constants of the filter at the inputs and 1 ms, which 100 nF with any probe
stay below."""
LOOK_S = 0.001
"""The look at the wires takes 0.6 ms."""
WIRES = {2: 0, 3: THREE_WIRES, 4: 0}


class Mains(NamedTuple):
    """What is set up to be blind to the mains, and how long one conversion then takes."""

    bit: int
    conversion_s: float


MAINS = {50: Mains(REJECT_50_HZ, 0.07), 60: Mains(0, 0.06)}
"""By the frequency in Hz. The datasheet has at most 66 ms and 55 ms."""

FULL_SCALE = 1 << 15
FAULTS = {
    0x80: "the resistance is above all that can be measured: the probe is open, or `reference` is not the board's",
    0x40: "the resistance is zero: the probe is shorted",
    0x20: "the probe or one of its wires is open (REFIN- is above 0.85 VBIAS)",
    0x10: "a wire is shorted to GND (REFIN- is below 0.85 VBIAS with FORCE- open)",
    0x08: "a wire is shorted to GND, or the one at RTDIN- is open (RTDIN- is below 0.85 VBIAS with FORCE- open)",
    0x04: "a wire is shorted to VCC or has a voltage from outside (an input is beyond the supply)",
}
"""Bit of the fault register -> what it stands for."""

NOMINAL_OHM = {"PT100": 100.0, "PT1000": 1000.0}
REFERENCE_OHM = {"PT100": 430.0, "PT1000": 4300.0}
"""What boards have soldered on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Max31865Settings:
    """One MAX31865."""

    chip_select: Annotated[int, Limits(0, 7)] = 0
    """The chip select of the bus that it hangs on; 0 is CE0."""
    sensor: Literal["PT100", "PT1000"] = "PT100"
    """The probe: 100 or 1000 Ohm at 0 Cel."""
    wires: Literal[2, 3, 4] = 2
    """The probe's wires. Boards have solder bridges that have to fit; two long wires read some degrees too warm."""
    reference: Annotated[float, Limits(100.0, 20_000.0, "Ohm")] | None = None
    """The reference resistor on the board; 430 Ohm with a PT100 and 4300 Ohm with a PT1000 where not given."""
    mains: Literal[50, 60] = 50
    """The frequency of the mains, in Hz, whose hum it leaves out."""


def decode_registers(data: bytes, config: int) -> int:
    """The conversion, 0 to 32767, in registers 0 to 7 of a part that was configured so.

    Raises:
        NoAnswerError: every bit is the same.
        WrongPartError: the configuration or the thresholds are not what they are to be.
        ProbeError: the part tells a fault.
    """
    check_line(data)
    if data[0] != config or data[3:7] != THRESHOLDS:
        wanted = f"{config:02x}, {THRESHOLDS.hex()}"
        raise WrongPartError(
            f"another part answers, or the line is disturbed ({data.hex()}; first and thresholds were to be {wanted})"
        )
    conversion, status = int.from_bytes(data[1:3]), data[7]
    told = [what for bit, what in FAULTS.items() if status & bit]
    if told or conversion & 1:
        raise ProbeError("; ".join(told) or "the part tells a fault, and not which")
    return conversion >> 1


def to_celsius(conversion: int, reference_ohm: float, nominal_ohm: float) -> float:
    """The temperature in Cel of a conversion, to a thousandth.

    Raises:
        ProbeError: no such probe has this resistance at any temperature from -200 to 850 Cel.
    """
    ohm = conversion * reference_ohm / FULL_SCALE
    try:
        return round(celsius_at(ohm / nominal_ohm), 3)
    except ValueError as error:
        raise ProbeError(
            f"the resistance of {ohm:.1f} Ohm is none of a probe with {nominal_ohm:.0f} Ohm at 0 Cel; check the probe,"
            " its wires, `sensor` and `reference`"
        ) from error


class Max31865(Driver):
    """One MAX31865 on an SPI bus."""

    name: ClassVar[str] = "max31865"
    title: ClassVar[str] = "Maxim MAX31865"
    bus_kind: ClassVar[BusKind] = BusKind.SPI
    settings_type: ClassVar[type] = Max31865Settings

    def __init__(self, bus: SpiBus, settings: Max31865Settings) -> None:
        self._bus = bus
        self._part = SpiPart(settings.chip_select, mode=1)
        mains = MAINS[settings.mains]
        self._config = WIRES[settings.wires] | mains.bit
        self._conversion_s = mains.conversion_s
        self._nominal_ohm = NOMINAL_OHM[settings.sensor]
        self._reference_ohm = settings.reference or REFERENCE_OHM[settings.sensor]

    @classmethod
    def channels(cls, settings: Any) -> tuple[Channel, ...]:
        """The temperature of the probe."""
        reference_ohm = settings.reference or REFERENCE_OHM[settings.sensor]
        resolution = round(reference_ohm / FULL_SCALE / NOMINAL_OHM[settings.sensor] / 0.00385, 4)
        about = f"temperature of the {settings.sensor}"
        return (
            Channel(
                name="temperature", unit="Cel", low=LOWEST_CEL, high=HIGHEST_CEL, resolution=resolution, about=about
            ),
        )

    def open(self) -> None:
        """See that the right part answers, without a current; a fault of its probe is no other part.

        Raises:
            NoAnswerError: nobody answers.
            WrongPartError: another part answers.
            BusError: the bus does not work.
        """
        self._configure(CLEAR_FAULTS)
        try:
            self._decode(self._registers(), 0)
        except ProbeError:
            return

    def read(self) -> Readings:
        """Look at the wires, then measure once.

        Raises:
            ProbeError: the part tells a fault of the probe or its wires, or the resistance is none of such a probe.
            NoAnswerError: nobody answers.
            WrongPartError: another part answers.
            BusError: the bus does not work.
        """
        sleep = self._bus.clock.sleep
        self._configure(BIAS | CLEAR_FAULTS)
        sleep(SETTLE_S)
        self._configure(BIAS | LOOK_AT_WIRES)
        sleep(LOOK_S)
        self._configure(BIAS | ONE_SHOT)
        sleep(self._conversion_s)
        data = self._registers()
        self._configure(0)
        return {"temperature": self._decode(data, BIAS)}

    def _decode(self, data: bytes, bias: int) -> float:
        try:
            conversion = decode_registers(data, self._config | bias)
            return to_celsius(conversion, self._reference_ohm, self._nominal_ohm)
        except DriverError as error:
            raise type(error)(f"{self.name} at {self._bus.place(self._part)}: {error}") from error

    def _configure(self, bits: int) -> None:
        self._bus.transfer(self._part, bytes((WRITE, self._config | bits)))

    def _registers(self) -> bytes:
        return self._bus.transfer(self._part, bytes(1 + REGISTERS))[1:]
