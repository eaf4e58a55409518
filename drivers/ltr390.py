"""Lite-On LTR-390UV: UV index and illuminance over I2C, in standby between readings.

One converter serves both: the part is told which light to measure, and told again for the other.

Source: Lite-On, LTR-390UV-01 datasheet DS86-2015-0004, section 6 (registers) and 7.2, 7.3 (both formulas).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus

CONTROL, RATE, GAIN, ID, STATUS = 0x00, 0x04, 0x05, 0x06, 0x07
STANDBY, ENABLE, UV_MODE = 0x00, 0x02, 0x08
PART = 0xB
"""The upper half of the identity; the lower one is the revision."""
NEW_DATA, POWERED_UP = 0x08, 0x20
"""In the status; reading it lowers both."""
RATE_ZERO, GAIN_ZERO = 0x88, 0xF8
"""Bits that these registers do not have."""
DATA_BYTES = 3
WAKE_S = 0.01
"""From standby to the begin of a measurement, at most."""
SLOW = 1.1
"""How much longer the part's own timer may take."""
STEP_S, STEPS = 0.02, 10
"""How often, and how many times, the part is asked after that whether it is done."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to measure one kind of light."""

    control: int
    data: int
    """The first register of its counts."""
    rate: int
    """The code of resolution and rate."""
    gain_code: int
    gain: int
    time_s: float
    full: int
    """The largest count, at which it is blinded."""


BRIGHT = Way(ENABLE, 0x0D, 0x22, 0, 1, 0.1, (1 << 18) - 1)
DIM = Way(ENABLE, 0x0D, 0x04, 4, 18, 0.4, (1 << 20) - 1)
UV = Way(ENABLE | UV_MODE, 0x10, 0x04, 4, 18, 0.4, (1 << 20) - 1)
"""All of them times in which the flicker of lamps at 50 and 60 Hz comes out even."""
LX_PER_COUNT = 0.6
"""At gain 1 in 100 ms."""
PER_UV_INDEX = 2300
"""Counts that a UV index of one gives, the way that UV is measured here."""
DIM_BELOW_LX = 4000.0
"""Half of what blinds the sensitive way, so that it may become brighter between the two."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ltr390Settings:
    """One LTR-390UV."""

    address: Annotated[int, Limits(0x53, 0x53)] = 0x53
    """Its I2C address, which is fixed."""
    window: Annotated[float, Limits(1.0, 100.0)] = 1.0
    """By how much the window in front of it weakens the light; 1 without a window, or a clear one."""


def illuminance(counts: int, way: Way) -> float:
    """In lx, behind no window."""
    return LX_PER_COUNT * counts / (way.gain * way.time_s / BRIGHT.time_s)


def uv_index(counts: int) -> float:
    """The UV index, behind no window."""
    return counts / PER_UV_INDEX


def fits(rate: int, gain: int, identity: int) -> bool:
    """Whether three registers, from `RATE` on, can be of this part."""
    return not rate & RATE_ZERO and not gain & GAIN_ZERO and identity >> 4 == PART


class Ltr390(Driver):
    """One LTR-390UV on an I2C bus."""

    name: ClassVar[str] = "ltr390"
    title: ClassVar[str] = "Lite-On LTR-390UV"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Ltr390Settings

    def __init__(self, bus: I2CBus, settings: Ltr390Settings) -> None:
        self._bus = bus
        self._address = settings.address
        self._window = settings.window

    @classmethod
    def channels(cls, settings: Ltr390Settings) -> tuple[Channel, ...]:
        """The UV index and the illuminance."""
        lx, uv = round(illuminance(BRIGHT.full, BRIGHT) * settings.window), round(uv_index(UV.full) * settings.window)
        about = "of the sun; 3 is moderate, 8 very high"
        return (
            Channel(name="uv_index", unit="/", low=0.0, high=uv, resolution=0.001, about=about),
            Channel(name="illuminance", unit="lx", low=0.0, high=lx, resolution=0.01, about="light"),
        )

    def open(self) -> None:
        """See that the identity is there, and that the bits are zero that the part does not have.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        found = self._bus.read_register(self._address, RATE, 3)
        if not fits(*found):
            raise WrongPartError(f"{self._place()}: another part answers (identity 0x{found[2]:02X})")

    def read(self) -> Readings:
        """Measure both, one after the other, which takes up to a second.

        Raises:
            NoAnswerError: nobody answers, the part lost its supply, or the light blinds it.
            BusError: the bus does not work.
        """
        lx = self._illuminance()
        uv = uv_index(self._measure(UV))
        return {"uv_index": round(uv * self._window, 3), "illuminance": round(lx * self._window, 2)}

    def _illuminance(self) -> float:
        """The short look is the measurement where it is bright, and chooses the sensitive way where it is not."""
        lx = illuminance(self._measure(BRIGHT), BRIGHT)
        if lx >= DIM_BELOW_LX:
            return lx
        counts = self._measure(DIM, may_blind=True)
        if counts < DIM.full:
            return illuminance(counts, DIM)
        # A lamp was lit after the look.
        return illuminance(self._measure(BRIGHT), BRIGHT)

    def _measure(self, way: Way, *, may_blind: bool = False) -> int:
        """The counts of one measurement that begins now."""
        self._put(CONTROL, STANDBY)
        self._put(RATE, way.rate)
        self._put(GAIN, way.gain_code)
        # What was measured before, and the word that it is there, must not be taken for what is measured now.
        self._counts(way)
        self._status()
        self._put(CONTROL, way.control)
        self._bus.clock.sleep(WAKE_S + way.time_s * SLOW)
        self._wait()
        counts = self._counts(way)
        self._put(CONTROL, STANDBY)
        if counts >= way.full and not may_blind:
            raise NoAnswerError(f"{self._place()}: blinded by the light; no value")
        return counts

    def _wait(self) -> None:
        for _ in range(STEPS):
            status = self._status()
            if status & POWERED_UP:
                raise NoAnswerError(f"{self._place()}: lost its supply while it measured")
            if status & NEW_DATA:
                return
            self._bus.clock.sleep(STEP_S)
        raise NoAnswerError(f"{self._place()}: no measurement came; it may have lost its supply")

    def _status(self) -> int:
        return self._bus.read_register(self._address, STATUS, 1)[0]

    def _counts(self, way: Way) -> int:
        return int.from_bytes(self._bus.read_register(self._address, way.data, DATA_BYTES), "little")

    def _put(self, register: int, value: int) -> None:
        self._bus.write_register(self._address, register, bytes([value]))

    def _place(self) -> str:
        return f"{self.name} at 0x{self._address:02X}"
