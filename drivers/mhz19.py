"""Winsen MH-Z19B and MH-Z19C: carbon dioxide over a serial line, 9600 baud.

The channel is a share: 400 ppm are 0.0004. In the first three minutes after power-up its values mean nothing.

Source: Winsen, MH-Z19B user's manual V1.0, sections "Serial port" (commands, checksum), "Zero point calibration"
and "Span point calibration".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from drivers.base import BadValueError, BusKind, Channel, Driver, Operation, Readings, Steps, Value
from drivers.bus.serial_port import SerialBus
from drivers.calibrate import FRESH_AIR_PPM, NAME, calibration, settle
from drivers.framed import ask

FRAME_BYTES = 9
START, SENSOR = 0xFF, 0x01
READ, SELF_CALIBRATION = 0x86, 0x79
SELF_CALIBRATION_ON = 0xA0
ZERO_POINT, SPAN_POINT = 0x87, 0x88
SETTLE_S = 1200.0
"""So long it has to have been in the air that it is told of."""
SPAN_PPM_MIN, SPAN_PPM_MAX = 1_000.0, 5_000.0

PPM = 1e-6
PPM_MAX = 10_000
"""The widest range that the part is sold with."""
DECIMALS = 6
WAIT_S = 0.5
"""The part answers within a tenth of a second."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mhz19Settings:
    """One MH-Z19."""

    self_calibration: bool | None = None
    """Take the least of each day for fresh air (400 ppm): wrong where a room is never aired. Left as it is if unset."""


def checksum(body: bytes) -> int:
    """That of a frame's bytes after the first: their sum, negated."""
    return -sum(body) & 0xFF


def encode_command(code: int, *arguments: int) -> bytes:
    """A command with up to five bytes of argument: reading is FF 01 86 00 00 00 00 00 79."""
    body = bytes([SENSOR, code, *arguments]).ljust(FRAME_BYTES - 2, b"\0")
    return bytes([START]) + body + bytes([checksum(body)])


def find_answer(data: bytes) -> bytes:
    """The first good answer to a reading in `data`, noise before it skipped; empty where there is none."""
    at = data.find(bytes([START, READ]))
    while at >= 0:
        frame = data[at : at + FRAME_BYTES]
        if len(frame) == FRAME_BYTES and checksum(frame[1:-1]) == frame[-1]:
            return frame
        at = data.find(bytes([START, READ]), at + 1)
    return b""


def decode_co2(frame: bytes) -> float:
    """The share of CO2 in an answer: FF 86 02 60 47 00 00 00 D1 is 608 ppm."""
    return round(int.from_bytes(frame[2:4]) * PPM, DECIMALS)


class Mhz19(Driver):
    """One MH-Z19, alone on its serial line."""

    name: ClassVar[str] = "mhz19"
    title: ClassVar[str] = "Winsen MH-Z19B, MH-Z19C"
    bus_kind: ClassVar[BusKind] = BusKind.SERIAL
    settings_type: ClassVar[type] = Mhz19Settings

    def __init__(self, bus: SerialBus, settings: Mhz19Settings) -> None:
        self._bus = bus
        self._self_calibration = settings.self_calibration

    @classmethod
    def channels(cls, settings: Mhz19Settings) -> tuple[Channel, ...]:
        """The share of carbon dioxide."""
        del settings
        return (Channel(name="co2", unit="/", low=0.0, high=PPM_MAX * PPM, resolution=PPM, about="carbon dioxide"),)

    @classmethod
    def operations(cls, settings: Mhz19Settings) -> tuple[Operation, ...]:
        """To be told what the air has."""
        del settings
        return (calibration(FRESH_AIR_PPM, SPAN_PPM_MAX, SETTLE_S),)

    def operate(self, operation: str, parameters: Mapping[str, Value]) -> Steps:
        """Tell it, after twenty minutes, that the air has 400 ppm (zero point), or gas of 1000 ppm and more (span).

        It does not answer to that, so that the result is only what it was told, in ppm.

        Raises:
            BadValueError: it is another operation, or a share between the two points.
            DriverError: the port does not work.
        """
        if operation != NAME:
            raise BadValueError(f"{self.name}: there is no operation {operation!r}")
        ppm = round(float(parameters["ppm"]))
        if FRESH_AIR_PPM < ppm < SPAN_PPM_MIN:
            raise BadValueError(f"{self.name}: {ppm} ppm; 400 (fresh air) or {SPAN_PPM_MIN:g} and more are allowed")
        yield from settle(SETTLE_S)
        fresh = ppm == FRESH_AIR_PPM
        self._bus.write(encode_command(ZERO_POINT) if fresh else encode_command(SPAN_POINT, *ppm.to_bytes(2)))
        return float(ppm)

    def open(self) -> None:
        """Set the self-calibration where one is wanted, and read once.

        Raises:
            NoAnswerError: nothing comes.
            ChecksumError: bytes come, but no answer.
            BusError: the port does not work.
        """
        if self._self_calibration is not None:
            self._bus.write(encode_command(SELF_CALIBRATION, SELF_CALIBRATION_ON if self._self_calibration else 0))
        self.read()

    def read(self) -> Readings:
        """Ask for the last measurement; the part makes one every few seconds.

        Raises:
            NoAnswerError: nothing comes.
            ChecksumError: bytes come, but no good answer.
            BusError: the port does not work.
        """
        return {"co2": decode_co2(ask(self._bus, encode_command(READ), find_answer, WAIT_S, self.name))}
