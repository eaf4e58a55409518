"""Nova SDS011: mass of dust in the air over a serial line, 9600 baud, asked for every reading.

The channels are in kg/m3, the SenML unit; 1 ug/m3 is 1e-9 kg/m3. Its laser is good for 8000 hours.

Source: Nova Fitness, Laser Dust Sensor Control Protocol V1.3 (commands, replies, checksum); SDS011 specification V1.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, Readings, WrongPartError
from drivers.bus.serial_port import SerialBus
from drivers.framed import ask

HEAD, TAIL = 0xAA, 0xAB
DATA, REPLY, COMMAND = 0xC0, 0xC5, 0xB4
FRAME_BYTES = 10
ARGUMENT_BYTES = 13
"""Code and arguments of a command; the id comes behind them."""

MODE, QUERY, SLEEP = 2, 4, 6
SET = 1
BY_QUERY, AWAKE = 1, 1

ANY = 0xFFFF
UG_PER_KG = 1e9
UG_MAX = 999.9
WAIT_S = 1.0
"""It answers within a tenth of a second; one that is waking needs a little longer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sds011Settings:
    """One SDS011."""

    id: Annotated[int, Limits(0, ANY)] = ANY
    """The number of the part that has to answer, such as 0xA160; 0xFFFF is any."""


def encode_command(*arguments: int, part: int = ANY) -> bytes:
    """A command of a code and its arguments: AA B4 06 01 01 ... FF FF 06 AB wakes any part."""
    body = bytes(arguments).ljust(ARGUMENT_BYTES, b"\0") + part.to_bytes(2)
    return bytes([HEAD, COMMAND]) + body + bytes([sum(body) & 0xFF, TAIL])


def find_frame(data: bytes, kind: int = DATA) -> bytes:
    """The first good frame of `kind` in `data`, noise before it skipped; empty where there is none."""
    at = data.find(bytes([HEAD, kind]))
    while at >= 0:
        frame = data[at : at + FRAME_BYTES]
        if len(frame) == FRAME_BYTES and frame[-1] == TAIL and sum(frame[2:8]) & 0xFF == frame[8]:
            return frame
        at = data.find(bytes([HEAD, kind]), at + 1)
    return b""


def decode_dust(frame: bytes) -> Readings:
    """The masses in kg/m3 in a frame: AA C0 D4 04 3A 0A A1 60 1D AB is 123.6 and 261.8 ug/m3."""
    pm2_5, pm10 = (int.from_bytes(frame[at : at + 2], "little") / 10 for at in (2, 4))
    return {"pm2_5": pm2_5 / UG_PER_KG, "pm10": pm10 / UG_PER_KG}


class Sds011(Driver):
    """One SDS011, alone on its serial line."""

    name: ClassVar[str] = "sds011"
    title: ClassVar[str] = "Nova SDS011"
    bus_kind: ClassVar[BusKind] = BusKind.SERIAL
    settings_type: ClassVar[type] = Sds011Settings

    def __init__(self, bus: SerialBus, settings: Sds011Settings) -> None:
        self._bus = bus
        self._id = settings.id

    @classmethod
    def channels(cls, settings: Sds011Settings) -> tuple[Channel, ...]:
        """Mass of particles up to 2.5 and 10 um across."""
        del settings
        return tuple(
            Channel(name=name, unit="kg/m3", low=0.0, high=UG_MAX / UG_PER_KG, resolution=1e-10, about=about)
            for name, about in (("pm2_5", "particles up to 2.5 um"), ("pm10", "particles up to 10 um"))
        )

    def open(self) -> None:
        """Wake the part, let it speak only when it is asked, and read once.

        Raises:
            WrongPartError: a part with another number answers.
            NoAnswerError: nothing comes.
            ChecksumError: bytes come, but no answer.
            BusError: the port does not work.
        """
        for command in ((SLEEP, SET, AWAKE), (MODE, SET, BY_QUERY)):
            ask(self._bus, encode_command(*command), lambda data: find_frame(data, REPLY), WAIT_S, self.name)
        found = int.from_bytes(self._ask()[6:8])
        if self._id not in (ANY, found):
            raise WrongPartError(f"sds011 on {self._bus.device}: 0x{found:04X} answers, 0x{self._id:04X} is wanted")

    def read(self) -> Readings:
        """Ask for the last second's measurement.

        Raises:
            NoAnswerError: nothing comes.
            ChecksumError: bytes come, but no good answer.
            BusError: the port does not work.
        """
        return decode_dust(self._ask())

    def _ask(self) -> bytes:
        return ask(self._bus, encode_command(QUERY), find_frame, WAIT_S, self.name)
