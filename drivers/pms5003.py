"""Plantower PMS5003, PMS7003, PMSA003: mass of dust in the air over a serial line, 9600 baud.

The channels are in kg/m3, the SenML unit that every reader knows; 1 ug/m3, as in the part's manual, is 1e-9 kg/m3.
The frames are in `plantower`. In the first 30 seconds after power-up the fan is not up to speed and values are low.

Source: Plantower, PMS5003 manual, section 3 (ranges) and appendices I and II (protocol).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import ClassVar

from drivers.base import BusKind, Channel, ChecksumError, Driver, NoAnswerError, Readings
from drivers.bus.serial_port import SerialBus
from drivers.plantower import FRAME_BYTES, Command, Dust, decode_dust, encode_command, is_data, split_frames

UG_PER_KG = 1e9

WAIT_S = 2.5
"""How long to wait for a frame: the part in active mode is silent for up to 2.3 s while the air does not change."""
TIMEOUT_SHARE = 0.8
"""How much of the bus's own limit for one call a wait may take, so that a silent part is not taken for a hung bus."""

STALE_BYTES = 3840
"""The kernel keeps 4095 bytes of what nobody reads and drops what comes later; this near to it, the newest is lost."""


class SendMode(enum.StrEnum):
    """Who decides when a frame is sent."""

    ACTIVE = "active"
    PASSIVE = "passive"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pms5003Settings:
    """One PMS5003."""

    mode: SendMode = SendMode.ACTIVE
    """`active`: the part sends by itself, and its RX need not be wired; `passive`: it is asked for every reading."""


def to_readings(dust: Dust) -> Readings:
    """The channels' values in kg/m3."""
    return {"pm1": dust.pm1 / UG_PER_KG, "pm2_5": dust.pm2_5 / UG_PER_KG, "pm10": dust.pm10 / UG_PER_KG}


class Pms5003(Driver):
    """One PMS5003, alone on its serial line."""

    name: ClassVar[str] = "pms5003"
    title: ClassVar[str] = "Plantower PMS5003, PMS7003, PMSA003"
    bus_kind: ClassVar[BusKind] = BusKind.SERIAL
    settings_type: ClassVar[type] = Pms5003Settings

    def __init__(self, bus: SerialBus, settings: Pms5003Settings) -> None:
        self._bus = bus
        self._mode = settings.mode
        self._buffer = b""

    @classmethod
    def channels(cls, settings: Pms5003Settings) -> tuple[Channel, ...]:
        """Mass of particles up to 1, 2.5 and 10 um across, whatever the settings."""
        del settings
        return tuple(
            Channel(name=name, unit="kg/m3", low=0.0, high=1e-6, resolution=1e-9, about=f"particles up to {size} um")
            for name, size in (("pm1", "1"), ("pm2_5", "2.5"), ("pm10", "10"))
        )

    def open(self) -> None:
        """Wake the part, tell it the mode, and wait for a first frame.

        Raises:
            WrongPartError: a relative with other frames answers.
            NoAnswerError: nothing comes.
            ChecksumError: bytes come, but no frame; the baud rate may be wrong.
            BusError: the port does not work.
        """
        self._bus.write(encode_command(Command.WAKE))
        self._bus.write(encode_command(Command.ACTIVE if self._mode is SendMode.ACTIVE else Command.PASSIVE))
        self.read()

    def read(self) -> Readings:
        """The newest frame: one that has come already, or the next.

        Raises:
            WrongPartError: a relative with other frames answers.
            NoAnswerError: nothing comes.
            ChecksumError: bytes come, but no frame.
            BusError: the port does not work.
        """
        waiting = self._bus.drain()
        if self._mode is SendMode.PASSIVE or len(waiting) > STALE_BYTES:
            self._buffer = b""
        else:
            self._buffer += waiting
        if self._mode is SendMode.PASSIVE:
            self._bus.write(encode_command(Command.READ))
        return to_readings(decode_dust(self._newest()))

    def _newest(self) -> bytes:
        clock = self._bus.clock
        deadline_s = clock.now_s() + min(WAIT_S, TIMEOUT_SHARE * self._bus.timeout_s)
        noise = False
        while True:
            frames, self._buffer = split_frames(self._buffer)
            data = [frame for frame in frames if is_data(frame)]
            if data:
                return data[-1]
            left_s = deadline_s - clock.now_s()
            if left_s <= 0:
                raise self._silence(noise)
            received = self._bus.read(max(1, FRAME_BYTES - len(self._buffer)), left_s)
            noise = noise or bool(received)
            self._buffer += received

    def _silence(self, noise: bool) -> ChecksumError | NoAnswerError:
        if noise:
            return ChecksumError(
                f"pms5003 on {self._bus.device}: bytes come, but no good frame; the part sends at 9600 baud"
            )
        return NoAnswerError(
            f"pms5003 on {self._bus.device}: nothing comes; check power, and that its TX goes to our RX"
        )
