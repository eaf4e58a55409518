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
FRESH_S = WAIT_S
"""How long a frame stands for the air when no newer one has come: until one must have."""
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
        self._frame = b""
        self._frame_s = float("-inf")

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
        self._buffer = self._frame = b""
        self._bus.write(encode_command(Command.WAKE))
        self._bus.write(encode_command(Command.ACTIVE if self._mode is SendMode.ACTIVE else Command.PASSIVE))
        self.read()

    def read(self) -> Readings:
        """In active mode the newest frame, at most `FRESH_S` old; in passive mode one that is asked for now.

        Raises:
            WrongPartError: a relative with other frames answers.
            NoAnswerError: nothing comes.
            ChecksumError: bytes come, but no good frame.
            BusError: the port does not work.
        """
        frame = self._ask() if self._mode is SendMode.PASSIVE else self._newest()
        return to_readings(decode_dust(frame))

    def _ask(self) -> bytes:
        self._bus.drain()
        self._buffer = b""
        self._bus.write(encode_command(Command.READ))
        return self._wait(noise=False)

    def _newest(self) -> bytes:
        waiting = self._bus.drain()
        if len(waiting) > STALE_BYTES:
            self._buffer = self._frame = b""
        else:
            self._buffer += waiting
        now_s = self._bus.clock.now_s()
        found = self._take()
        if not found and self._frame and now_s - self._frame_s <= FRESH_S:
            return self._frame
        self._frame = found or self._wait(noise=bool(waiting or self._buffer))
        self._frame_s = self._bus.clock.now_s()
        return self._frame

    def _wait(self, *, noise: bool) -> bytes:
        """The next measurement; `noise` tells that bytes have come already that were none."""
        clock = self._bus.clock
        deadline_s = clock.now_s() + min(WAIT_S, TIMEOUT_SHARE * self._bus.timeout_s)
        while not (found := self._take()):
            left_s = deadline_s - clock.now_s()
            if left_s <= 0:
                raise self._silence(noise)
            received = self._bus.read(max(1, FRAME_BYTES - len(self._buffer)), left_s)
            noise = noise or bool(received)
            self._buffer += received
        return found

    def _take(self) -> bytes:
        """The newest measurement among the bytes that have come, or nothing."""
        frames, self._buffer = split_frames(self._buffer)
        return next((frame for frame in reversed(frames) if is_data(frame)), b"")

    def _silence(self, noise: bool) -> ChecksumError | NoAnswerError:
        if noise:
            return ChecksumError(
                f"pms5003 on {self._bus.device}: bytes come, but no good frame; the part sends at 9600 baud"
            )
        return NoAnswerError(
            f"pms5003 on {self._bus.device}: nothing comes; check power, and that its TX goes to our RX"
        )
