"""DS18B20 and its family: temperature over 1-Wire, through the kernel's w1 module.

The bytes of the part are used rather than the kernel's number, because they tell what the number hides: a part that
lost its supply answers 85 Cel with a good checksum, and a line that is held low answers zeros with one.

Source: Maxim, DS18B20 datasheet 19-7487, figures 4 to 6 (temperature, scratchpad, checksum) and table 1; DS18S20
datasheet 19-5474, section "Operation - measuring temperature" (finer resolution); Linux, w1_therm (w1_slave).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import ClassVar, Literal

from drivers.base import BusKind, Channel, ChecksumError, Driver, NoAnswerError, Readings, WrongPartError
from drivers.bus.onewire import OneWireBus
from drivers.checksums import crc8_maxim

FAMILIES = {"10": "DS18S20", "22": "DS1822", "28": "DS18B20", "3b": "DS1825", "42": "DS28EA00"}
"""Thermometers by the family code in their ids."""
OLD_FAMILY = "10"
"""Its scratchpad has half degrees, and a count for what is between them, in place of a configuration."""
SHARED_FAMILY = "3b"
"""The DS1825 has it, and the thermocouple converter MAX31850, which sets the upper bit of the configuration."""

SCRATCHPAD_BYTES = 9
CONFIG, COUNT_REMAIN, COUNT_PER_DEGREE = 4, 6, 7
"""Places in the scratchpad."""
COARSEST_BITS, FINEST_BITS = 9, 12

POWER_ON = 85.0
"""What the register holds from power-up until the first conversion ends, in Cel."""
POWER_ON_COUNT = 0x0C
"""What a DS18B20 has beside it; after a conversion that gives 85 Cel there is 0x10."""
NEAR_K = 5.0
"""85 Cel is believed of a part that was nearer to it than this at the last reading."""
LOW, HIGH = -55.0, 125.0

Resolution = Literal[9, 10, 11, 12]

_SLAVE = re.compile(r"((?:[0-9a-f]{2} ){9}): crc=[0-9a-f]{2} (YES|NO)\s", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ds18b20Settings:
    """One DS18B20, DS18S20, DS1822, DS1825 or DS28EA00."""

    id: str = ""
    """Its id, such as `28-00000a1b2c3d`. May be left out where it is the only thermometer on the bus."""
    resolution: Resolution | None = None
    """Bits: 12 (0.0625 Cel in 0.75 s) down to 9 (0.5 Cel in 0.1 s); left as it is where not given."""

    def __post_init__(self) -> None:
        if self.id and not re.fullmatch(r"[0-9a-f]{2}-[0-9a-f]{12}", self.id):
            raise ValueError(f"id {self.id!r}; allowed is an id such as 28-00000a1b2c3d")
        if self.id and self.id[:2] not in FAMILIES:
            raise ValueError(f"id {self.id!r} is no thermometer; their ids begin with {', '.join(FAMILIES)}")
        if self.id.startswith(OLD_FAMILY) and self.resolution is not None:
            raise ValueError("resolution: a DS18S20 has only one")


def parse_slave(text: str) -> bytes:
    """The nine bytes in the kernel's `w1_slave`, their checksum compared by the kernel and again here.

    Raises:
        ChecksumError: they were disturbed, or the text is none of a thermometer.
        NoAnswerError: all are zero, which has a good checksum: the line is held low, or the part has no supply.
    """
    match = _SLAVE.match(text)
    if match is None:
        raise ChecksumError(f"w1_slave has no scratchpad: {text[:40]!r}")
    data = bytes.fromhex(match[1])
    if match[2] == "NO" or crc8_maxim(data[:-1]) != data[-1]:
        raise ChecksumError(f"checksum of {data.hex()} is wrong; check the pull-up (4.7 kOhm) and the cable's length")
    if not any(data):
        raise NoAnswerError("only zeros came; the data line is held low, or the part has no supply")
    return data


def resolution_bits(data: bytes) -> int:
    """How many bits of the temperature in a scratchpad (not a DS18S20's) mean something, 9 to 12."""
    return COARSEST_BITS + (data[CONFIG] >> 5 & 3)


def decode_temperature(data: bytes, family: str) -> float:
    """The temperature in Cel in a scratchpad: 0x0191 is 25.0625, 0xFF5E is -10.125."""
    raw = int.from_bytes(data[:2], "little", signed=True)
    if family != OLD_FAMILY:
        undefined = FINEST_BITS - resolution_bits(data)
        return (raw >> undefined << undefined) / 16
    per_degree = data[COUNT_PER_DEGREE]
    if per_degree == 0:
        return raw / 2
    return (raw >> 1) - 0.25 + (per_degree - data[COUNT_REMAIN]) / per_degree


def is_power_on(data: bytes, family: str, last: float) -> bool:
    """Whether 85 Cel in a scratchpad is what the part came up with; `last` is the reading before, or nan."""
    if decode_temperature(data, family) != POWER_ON:
        return False
    if family != OLD_FAMILY and data[COUNT_REMAIN] == POWER_ON_COUNT:
        return True
    return not abs(last - POWER_ON) < NEAR_K


class Ds18b20(Driver):
    """One thermometer on a 1-Wire bus."""

    name: ClassVar[str] = "ds18b20"
    title: ClassVar[str] = "Maxim DS18B20, DS18S20, DS1822, DS1825, DS28EA00"
    bus_kind: ClassVar[BusKind] = BusKind.ONEWIRE
    settings_type: ClassVar[type] = Ds18b20Settings

    def __init__(self, bus: OneWireBus, settings: Ds18b20Settings) -> None:
        self._bus = bus
        self._settings = settings
        self._id = settings.id
        self._last = math.nan

    @classmethod
    def channels(cls, settings: Ds18b20Settings) -> tuple[Channel, ...]:
        """The temperature."""
        step = 2.0 ** (FINEST_BITS - (settings.resolution or FINEST_BITS)) / 16
        return (Channel(name="temperature", unit="Cel", low=LOW, high=HIGH, resolution=step, about="at the probe"),)

    def open(self) -> None:
        """Find the part, see that it is a thermometer, and set its resolution where one is wanted.

        Raises:
            WrongPartError: there are several to choose from, it is no thermometer, or its resolution cannot be set.
            NoAnswerError: it is not there.
            ChecksumError: its answer was disturbed.
            BusError: there is no 1-Wire bus.
        """
        self._last = math.nan
        self._id = self._settings.id or self._only_one()
        data = parse_slave(self._bus.read(self._id))
        if self._family == SHARED_FAMILY and data[CONFIG] & 0x80:
            raise WrongPartError(f"{self._id} is a MAX31850 (thermocouple), no DS1825")
        wanted = self._settings.resolution
        if wanted is None or resolution_bits(data) == wanted:
            return
        self._bus.write(self._id, "resolution", f"{wanted}\n")
        found = resolution_bits(parse_slave(self._bus.read(self._id)))
        if found != wanted:
            raise WrongPartError(f"{self._id}: has a resolution of {found} bits after {wanted} were set")

    def read(self) -> Readings:
        """Convert, which takes up to 0.75 s.

        Raises:
            NoAnswerError: it is gone, or it has just lost its supply.
            ChecksumError: its answer was disturbed.
            BusError: there is no 1-Wire bus.
        """
        data = parse_slave(self._bus.read(self._id))
        if is_power_on(data, self._family, self._last):
            raise NoAnswerError(f"{self._id}: answers {POWER_ON} Cel, as after a loss of supply; check its supply wire")
        self._last = decode_temperature(data, self._family)
        return {"temperature": self._last}

    @property
    def _family(self) -> str:
        return self._id[:2]

    def _only_one(self) -> str:
        found = [one for one in self._bus.ids() if one[:2] in FAMILIES]
        if len(found) > 1:
            raise WrongPartError(f"{self._bus.device}: several thermometers; give `id`, one of {', '.join(found)}")
        if not found:
            raise NoAnswerError(f"{self._bus.device}: no thermometer; check wiring and the pull-up (4.7 kOhm)")
        return found[0]
