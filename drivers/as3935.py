"""ams AS3935: lightning within forty kilometres over I2C.

The part tells one thing at a time, what it heard last since it was asked: strikes that follow each other between two
readings count as one. Read it once a second, and farther from what hums than from what it is to hear.

Source: ams, AS3935 datasheet DS000385, chapter 8 (register map, noise floor, distance, calibration of the oscillators).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings, Value, ValueKind, WrongPartError
from drivers.bus.i2c import I2CBus

GAIN, LEVELS, SPIKES, EVENT, DISTANCE, TUNING = 0x00, 0x01, 0x02, 0x03, 0x07, 0x08
BLOCK_BYTES = 9
SLOW_CLOCK, DEFAULTS, CALIBRATE = 0x3A, 0x3C, 0x3D
DIRECT = 0x96
"""What the two commands want to hear."""
DEFAULT_GAIN, DEFAULT_LEVELS = 0x24, 0x22
GAIN_BITS, LEVEL_BITS, SPIKE_BITS, TUNING_BITS = 0x3F, 0x7F, 0x0F, 0x0F
INDOOR, OUTDOOR = 0x12, 0x0E
SHOW_CLOCK = 0x20
CALIBRATED, NOT_CALIBRATED = 0x80, 0x40
NOISE, DISTURBER, LIGHTNING = 0x01, 0x04, 0x08
NOWHERE, OVERHEAD = 0x3F, 0x01
SETTLE_S = 0.002
MOST = 1e9


@dataclass(frozen=True, kw_only=True, slots=True)
class As3935Settings:
    """One AS3935."""

    address: Annotated[int, Limits(0x01, 0x03)] = 0x03
    """Its I2C address, by what A0 and A1 are wired to."""
    indoor: bool = True
    """Whether it is in a building, where it needs more gain."""
    noise_level: Annotated[int, Limits(0, 7)] = 2
    """How much noise it bears before it says that there is too much to hear lightning."""
    watchdog: Annotated[int, Limits(0, 10)] = 2
    """How strong a signal has to be to be looked at; more lets fewer disturbers through, and hears less far."""
    spikes: Annotated[int, Limits(0, 11)] = 2
    """How strictly what is no lightning is sorted out; more lets fewer disturbers through."""
    tuning: Annotated[int, Limits(0, 15)] = 0
    """Capacitors of 8 pF across the antenna, as its board says: it has to resonate at 500 kHz."""


def wanted_registers(settings: As3935Settings) -> dict[int, tuple[int, int]]:
    """Register -> the bits that are set, and what they are set to."""
    return {
        GAIN: (GAIN_BITS, (INDOOR if settings.indoor else OUTDOOR) << 1),
        LEVELS: (LEVEL_BITS, settings.noise_level << 4 | settings.watchdog),
        SPIKES: (SPIKE_BITS, settings.spikes),
        TUNING: (TUNING_BITS, settings.tuning),
    }


def decode_distance(code: int) -> float | None:
    """How far off the storm is in m; None where there is none in range, 0 where it is overhead."""
    if code == NOWHERE:
        return None
    return 0.0 if code <= OVERHEAD else code * 1000.0


class As3935(Driver):
    """One AS3935 on an I2C bus."""

    name: ClassVar[str] = "as3935"
    title: ClassVar[str] = "ams AS3935"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = As3935Settings

    def __init__(self, bus: I2CBus, settings: As3935Settings) -> None:
        self._bus = bus
        self._address = settings.address
        self._wanted = wanted_registers(settings)
        self._strikes = self._disturbers = 0

    @classmethod
    def channels(cls, settings: As3935Settings) -> tuple[Channel, ...]:
        """What it heard since the gateway started, and how far off the storm is while there is one."""
        del settings
        return (
            Channel(name="strikes", unit="count", low=0.0, high=MOST, resolution=1.0, about="lightning"),
            Channel(name="distance", unit="m", low=0.0, high=40_000.0, resolution=1000.0, about="to the storm's front"),
            Channel(name="disturbers", unit="count", low=0.0, high=MOST, resolution=1.0, about="what was no lightning"),
            Channel(name="noise", kind=ValueKind.BOOLEAN, about="too much of it to hear lightning"),
        )

    def open(self) -> None:
        """See that it is the right part and set it up; one that is set up keeps what it knows of the storm.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address, or its clocks cannot be calibrated.
            BusError: the bus does not work.
        """
        if self._is_set_up(self._get(GAIN, BLOCK_BYTES)):
            return
        self._put(DEFAULTS, DIRECT)
        gain, levels = self._get(GAIN, 2)
        if gain & GAIN_BITS != DEFAULT_GAIN or levels & LEVEL_BITS != DEFAULT_LEVELS:
            raise WrongPartError(f"{self._place()}: another part answers (defaults 0x{gain:02X} 0x{levels:02X})")
        for register, (bits, value) in self._wanted.items():
            self._put(register, self._get(register, 1)[0] & ~bits & 0xFF | value)
        tuning = self._get(TUNING, 1)[0]
        for register, value in ((CALIBRATE, DIRECT), (TUNING, tuning | SHOW_CLOCK), (TUNING, tuning)):
            self._put(register, value)
        if not self._is_set_up(self._get(GAIN, BLOCK_BYTES)):
            raise NoAnswerError(f"{self._place()}: is not as it was set up, or its clocks cannot be calibrated")

    def read(self) -> Readings:
        """Ask what it heard last; the distance is left out while there is no storm.

        Raises:
            NoAnswerError: nobody answers, or the part is not as it was set up, as after a loss of supply.
            BusError: the bus does not work.
        """
        data = self._get(GAIN, BLOCK_BYTES)
        if not self._is_set_up(data):
            raise NoAnswerError(f"{self._place()}: is not as it was set up; it may have lost its supply")
        event = data[EVENT] & 0x0F
        self._strikes += event == LIGHTNING
        self._disturbers += event == DISTURBER
        values: dict[str, Value] = {"strikes": float(self._strikes)}
        distance = decode_distance(data[DISTANCE] & 0x3F)
        if distance is not None:
            values["distance"] = distance
        return values | {"disturbers": float(self._disturbers), "noise": event == NOISE}

    def _is_set_up(self, data: bytes) -> bool:
        if any(data[register] & bits != value for register, (bits, value) in self._wanted.items()):
            return False
        return self._get(SLOW_CLOCK, 1)[0] & (CALIBRATED | NOT_CALIBRATED) == CALIBRATED

    def _get(self, register: int, count: int) -> bytes:
        return self._bus.read_register(self._address, register, count)

    def _put(self, register: int, value: int) -> None:
        self._bus.write_register(self._address, register, bytes([value]))
        self._bus.clock.sleep(SETTLE_S)

    def _place(self) -> str:
        return f"{self.name} at 0x{self._address:02X}"
