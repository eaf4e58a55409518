"""A simulated receiver of satellite navigation: a burst of sentences once in a second.

Source: NMEA 0183 version 4.11, sections 5.3 and 6.3.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.base import Clock
from drivers.simulated.place import Place
from drivers.simulated.speaking_part import SpeakingPart

EVERY_S = 1.0


@dataclass(slots=True, kw_only=True)
class Whereabouts:
    """Where the receiver is, and what it makes of it. A test may change it."""

    latitude: float = 52.0
    longitude: float = 5.5
    altitude: float = 12.5
    """m"""
    knots: float = 0.0
    satellites: int = 9
    mode: str = "A"
    """RMC's mode; `N` is no fix."""
    quality: int = 1
    """GGA's; 0 is no fix."""
    nav_status: str = "V"
    """RMC's last field since version 4.1; V says only that nothing is known of it."""


class SimulatedNmea(SpeakingPart):
    """One receiver with a clear sky; after a brown-out it has no fix."""

    def __init__(self, clock: Clock, talker: str = "GN") -> None:
        super().__init__(clock, EVERY_S)
        self.at = Whereabouts()
        self.talker = talker
        self.kinds = ("RMC", "VTG", "GGA", "GSV")
        """The sentences of a burst, in order."""
        self.version = 4.1

    def messages(self) -> list[bytes]:
        """One burst."""
        if self.faults.wrong_part:
            return [sentence("WIMWV,214.8,R,0.1,K,A")]
        place = self.faults.measured("place", lambda: (self.at.latitude, self.at.longitude))
        fix = self.at.mode != "N" and not self.faults.brown_out
        fields = {
            "RMC": self._rmc(place, fix=fix),
            "VTG": f",T,,M,{self.at.knots:.3f},N,{self.at.knots * 1.852:.3f},K,A",
            "GGA": self._gga(place, fix=fix),
            "GSV": "1,1,01,17,52,210,33",
        }
        return [sentence(f"{self.talker}{kind},{fields[kind]}") for kind in self.kinds]

    def _rmc(self, place: tuple[float, float], *, fix: bool) -> str:
        where = f"{self._time()},{'A' if fix else 'V'},{_written(place, fix=fix)}"
        made = f"{where},{f'{self.at.knots:.3f}' if fix else ''},,251125,,"
        made += f",{self.at.mode if fix else 'N'}" if self.version >= 2.3 else ""  # noqa: PLR2004 - the standard's
        return made + (f",{self.at.nav_status}" if self.version >= 4.1 else "")  # noqa: PLR2004

    def _gga(self, place: tuple[float, float], *, fix: bool) -> str:
        satellites = self.at.satellites if fix else 0
        quality = self.at.quality if fix else 0
        height = f"{self.at.altitude:.1f},M,46.9,M" if fix else ",,,"
        return f"{self._time()},{_written(place, fix=fix)},{quality},{satellites:02d},0.9,{height},,"

    def _time(self) -> str:
        second = int(self.clock.now_s())
        return f"{second // 3600 % 24:02d}{second // 60 % 60:02d}{second % 60:02d}.00"


def sentence(body: str) -> bytes:
    """A sentence with its checksum and its end."""
    total = 0
    for byte in body.encode():
        total ^= byte
    return f"${body}*{total:02X}\r\n".encode()


def _written(place: tuple[float, float], *, fix: bool) -> str:
    if not fix:
        return ",,,"
    texts = []
    for value, sides, digits in ((place[0], "NS", 2), (place[1], "EW", 3)):
        units = round(abs(value) * 60 * 100_000)
        degrees, rest = divmod(units, 60 * 100_000)
        texts.append(f"{degrees:0{digits}d}{rest / 100_000:08.5f},{sides[value < 0]}")
    return ",".join(texts)


def place(place: Place) -> SimulatedNmea:
    """The model for a configured device."""
    return SimulatedNmea(place.clock)
