"""GPS and other receivers of satellite navigation that send NMEA 0183 over a serial line, mostly at 9600 baud.

The place comes from RMC and GGA; a receiver that sends but one of them gives the channels that it has. While there is
no fix there is no value, and the device's reason says so. The sentences are in `nmea_sentences`.

Source: NMEA 0183 version 4.11, section 6.3 (RMC, GGA).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, DriverError, Limits, NotYetError, Readings, WrongPartError
from drivers.bus.serial_port import SerialBus
from drivers.incoming import Incoming
from drivers.nmea_sentences import Fix, Position, Sentence, position_of, split_sentences

WAIT_S = 5.0
"""Receivers speak once in a second; a few are set to one in five. The bus's `timeout` may end the wait earlier."""
EXPECTED = "good NMEA sentence; receivers speak at 9600 baud, some at 4800, 38400 or 115200"
OF_BOTH = ("RMC", "GGA")


@dataclass(frozen=True, kw_only=True, slots=True)
class NmeaSettings:
    """One receiver."""

    keep_s: Annotated[float, Limits(1.0, 60.0, "s")] = 3.0
    """For how long a sentence stands while no newer one comes."""


class Nmea(Driver):
    """One receiver, alone on its serial line."""

    name: ClassVar[str] = "nmea"
    title: ClassVar[str] = "GPS receiver with NMEA 0183 (u-blox NEO-6M, NEO-7M, NEO-M8N, Quectel L76, L80, PA1616S)"
    bus_kind: ClassVar[BusKind] = BusKind.SERIAL
    settings_type: ClassVar[type] = NmeaSettings

    def __init__(self, bus: SerialBus, settings: NmeaSettings) -> None:
        self._bus = bus
        self._keep_s = settings.keep_s
        self._incoming: Incoming[Sentence] = Incoming(bus, split_sentences)
        self._last: dict[str, tuple[float, Position]] = {}
        self._others: set[str] = set()

    @classmethod
    def channels(cls, settings: NmeaSettings) -> tuple[Channel, ...]:
        """Where the receiver is, how fast it goes, and by how many satellites it knows."""
        del settings
        return (
            Channel(name="latitude", unit="lat", low=-90.0, high=90.0, resolution=1e-6, about="degrees, WGS 84"),
            Channel(name="longitude", unit="lon", low=-180.0, high=180.0, resolution=1e-6, about="degrees, WGS 84"),
            Channel(name="altitude", unit="m", low=-1e3, high=5e4, resolution=0.1, about="above mean sea level"),
            Channel(name="speed", unit="m/s", low=0.0, high=515.0, resolution=0.01, about="over ground"),
            Channel(name="satellites", unit="count", low=0.0, high=99.0, resolution=1.0, about="in use"),
        )

    def open(self) -> None:
        """Wait for what tells a place, with or without a fix.

        Raises:
            WrongPartError: what speaks sends sentences, but none that tells a place.
            NoAnswerError: nothing comes.
            ChecksumError: bytes come, but no good sentence; the baud rate may be wrong.
            BusError: the port does not work.
        """
        self._incoming.clear()
        self._last.clear()
        self._others.clear()
        self._fresh()

    def read(self) -> Readings:
        """What the newest sentences tell, which are at most `keep` old.

        Raises:
            NotYetError: the receiver has no fix.
            WrongPartError: what speaks sends sentences, but none that tells a place.
            NoAnswerError: nothing comes.
            ChecksumError: bytes come, but no good sentence.
            BusError: the port does not work.
        """
        taken = self._incoming.take()
        if taken is None:
            self._last.clear()
        self._keep(taken or [])
        fresh = self._fresh()
        bad = next((one for one in fresh if one.fix is not Fix.SATELLITES), None)
        if bad is not None:
            raise NotYetError(f"nmea on {self._bus.device}: {_no_fix(bad.fix, fresh)}")
        readings: dict[str, float] = {}
        for one in fresh:
            told = {name: getattr(one, name) for name in ("latitude", "longitude", "altitude", "speed", "satellites")}
            readings |= {name: value for name, value in told.items() if value is not None}
        return readings

    def _fresh(self) -> list[Position]:
        """The positions of now: after a silence both kinds are waited for, as far as there are both."""
        fresh = self._young()
        if not fresh:
            self._others.clear()
            self._incoming.wait(self._both, WAIT_S)
            fresh = self._young()
        if not fresh:
            raise self._silence()
        return fresh

    def _both(self, sentences: list[Sentence]) -> bool:
        self._keep(sentences)
        return len(self._young()) == len(OF_BOTH)

    def _young(self) -> list[Position]:
        """RMC comes last, so that of two places its own counts."""
        now_s = self._bus.clock.now_s()
        return [self._last[kind][1] for kind in sorted(self._last) if now_s - self._last[kind][0] <= self._keep_s]

    def _keep(self, sentences: list[Sentence]) -> None:
        now_s = self._bus.clock.now_s()
        for sentence in sentences:
            position = position_of(sentence)
            if position is not None:
                self._last[sentence.kind] = (now_s, position)
                self._others.clear()
            else:
                self._others.add(sentence.kind)

    def _silence(self) -> DriverError:
        others, wanted = self._others - set(OF_BOTH), " nor ".join(OF_BOTH)
        if others and b"\n" not in self._incoming.noise:  # Half a sentence that is still coming is no noise.
            heard = ", ".join(sorted(others))
            return WrongPartError(f"nmea on {self._bus.device}: {heard} come, but neither {wanted}; switch them on")
        return self._incoming.silence(self.name, EXPECTED)


def _no_fix(fix: Fix, fresh: list[Position]) -> str:
    if fix is Fix.GUESSED:
        return "the position is guessed by the receiver, not measured"
    seen = next((f" ({one.satellites} satellites in use)" for one in fresh if one.satellites is not None), "")
    return f"no fix{seen}; its antenna needs a free view of the sky, and up to a few minutes after power-up"
