"""A simulated NXP MFRC522: registers, the bytes to send and those received, a timer, and a tag in its field.

Source: NXP, MFRC522 datasheet rev. 3.9, sections 8.1.2, 8.5, 9.3 and 10.3; ISO/IEC 14443-3, figure 7 (states of a tag).
"""

from __future__ import annotations

import enum
from collections.abc import Callable

from drivers.base import Clock
from drivers.checksums import crc16_a
from drivers.simulated.place import Place
from drivers.simulated.spi import SpiChip

TAG = bytes.fromhex("04A1B2C3D4E5F6")
COMMAND, IRQ, ERROR, DATA, LEVEL, CONTROL, FRAMING, VERSION = 0x01, 0x04, 0x06, 0x09, 0x0A, 0x0C, 0x0D, 0x37
TX_CONTROL, TX_ASK, T_MODE = 0x14, 0x15, 0x2A
FRESH = {0x01: 0x20, 0x04: 0x14, 0x11: 0x3F, 0x14: 0x80, 0x37: 0x92}
"""Registers that are not zero after a reset."""
TRANSMIT, TRANSCEIVE, RESET = 0x04, 0x0C, 0x0F
SENT, RECEIVED, IDLE, FAILED, TIMER = 0x40, 0x20, 0x10, 0x02, 0x01
PARITY = 0x02
FIELD_HZ = 13_560_000
COME_UP_S = 0.002


class State(enum.Enum):
    """What a tag waits for."""

    IDLE = enum.auto()
    READY = enum.auto()
    ACTIVE = enum.auto()
    HALTED = enum.auto()


class SimulatedTag:
    """One tag with a number of 4, 7 or 10 bytes."""

    def __init__(self, number: bytes = TAG) -> None:
        self.number = number
        self.state = State.IDLE
        self._level = 0

    def power_down(self) -> None:
        """It has left the field."""
        self.state = State.IDLE

    def parts(self) -> list[bytes]:
        """Its number as it goes out at each level, with check bytes."""
        rest, parts = self.number, []
        while len(rest) > 4:  # noqa: PLR2004 - what one level carries
            parts.append(b"\x88" + rest[:3])
            rest = rest[3:]
        return [part + bytes([part[0] ^ part[1] ^ part[2] ^ part[3]]) for part in (*parts, rest)]

    def answer(self, data: bytes, bits: int) -> bytes:
        """What it says to a frame whose last byte has so many bits, 0 for all; empty where it is silent."""
        if bits:
            return self._wake(data, bits)
        if crc16_a(data[:-2]).to_bytes(2, "little") == data[-2:] and data[:2] == b"\x50\x00":
            self.state = State.HALTED if self.state is State.ACTIVE else self._asleep()
            return b""
        if self.state is State.READY and data[:1] == bytes([0x93 + 2 * self._level]):
            return self._at_level(data)
        self.state = self._asleep()
        return b""

    def _wake(self, data: bytes, bits: int) -> bytes:
        wakes = {State.IDLE: b"\x26\x52", State.HALTED: b"\x52"}.get(self.state, b"")
        if bits != 7 or len(data) != 1 or data not in wakes or not wakes:  # noqa: PLR2004 - a short frame
            self.state = self._asleep()
            return b""
        self.state, self._level = State.READY, 0
        return b"\x44\x00" if len(self.number) > 4 else b"\x04\x00"  # noqa: PLR2004

    def _at_level(self, data: bytes) -> bytes:
        part = self.parts()[self._level]
        if data[1:] == b"\x20":
            return part
        if data[1:] != b"\x70" + part + crc16_a(data[:-2]).to_bytes(2, "little"):
            self.state = self._asleep()
            return b""
        self._level += 1
        more = self._level < len(self.parts())
        self.state = State.READY if more else State.ACTIVE
        sak = b"\x04" if more else b"\x08"
        return sak + crc16_a(sak).to_bytes(2, "little")

    def _asleep(self) -> State:
        return State.HALTED if self.state is State.HALTED else State.IDLE


class SimulatedRc522(SpiChip):
    """One MFRC522. `spoil` is what happens to each answer of the tag on its way, `errors` what is told of it."""

    modes = frozenset({0})
    clock_hz_max = 10_000_000

    def __init__(self, clock: Clock, present: Callable[[], bool], number: bytes = TAG) -> None:
        super().__init__()
        self.tag = SimulatedTag(number)
        self.version = FRESH[VERSION]
        self.spoil: Callable[[bytes], bytes] = bytes
        self.errors: Callable[[], int] = int
        self.said: list[bytes] = []
        """What went out to the tag."""
        self._clock = clock
        self._present = present
        self.reset()

    def reset(self) -> None:
        """Come up again, as after a loss of supply: without a field, so that the tag is reset too."""
        self.registers = bytearray(FRESH.get(at, 0) for at in range(64))
        self.queue = bytearray()
        self._up_s = self._clock.now_s() + COME_UP_S
        self._timer_s = float("inf")
        self.tag.power_down()

    def transfer(self, sent: bytes) -> bytes:
        """Take an address and write, or take addresses and read one byte late."""
        if self.faults.brown_out:
            self.reset()
        if not sent[0] & 0x80:
            for byte in sent[1:]:
                self._write(sent[0] >> 1, byte)
            return bytes(len(sent))
        answer = bytes(self._read(address >> 1 & 0x3F) for address in sent[:-1])
        return b"\x00" + (bytes(byte ^ 0x5A for byte in answer) if self.faults.wrong_part else answer)

    def _read(self, register: int) -> int:
        if register == DATA:
            return self.queue.pop(0) if self.queue else 0
        if register == LEVEL:
            return len(self.queue)
        if register == VERSION:
            return self.version
        if register == COMMAND:
            return self.registers[COMMAND] | (0x10 if self._clock.now_s() < self._up_s else 0)
        if register == IRQ and self._clock.now_s() >= self._timer_s:
            self.registers[IRQ] |= TIMER
            self._timer_s = float("inf")
        return self.registers[register]

    def _write(self, register: int, byte: int) -> None:
        if register == DATA:
            self.queue.append(byte)
        elif register == LEVEL and byte & 0x80:
            self.queue.clear()
        elif register == IRQ:
            self.registers[IRQ] &= ~byte
        elif register == CONTROL and byte & 0x80:
            self._timer_s = float("inf")
        elif register != VERSION:
            self.registers[register] = byte
        if register == COMMAND and byte & 0x0F == RESET:
            self.reset()
        elif register == COMMAND and byte & 0x0F == TRANSMIT:
            self._send()
            self.registers[COMMAND], self.registers[IRQ] = 0, self.registers[IRQ] | IDLE
        elif register == FRAMING and byte & 0x80 and self.registers[COMMAND] & 0x0F == TRANSCEIVE:
            self._receive(self._send())

    def _send(self) -> bytes:
        """Send what is queued, start the timer, and give what the tag answers."""
        data = bytes(self.queue)
        self.queue.clear()
        self.said.append(data)
        self.registers[IRQ] |= SENT
        if self.registers[T_MODE] & 0x80:
            prescaler = int.from_bytes(self.registers[T_MODE : T_MODE + 2]) & 0xFFF
            reload = int.from_bytes(self.registers[T_MODE + 2 : T_MODE + 4])
            self._timer_s = self._clock.now_s() + (2 * prescaler + 1) * (reload + 1) / FIELD_HZ
        field = self.registers[TX_CONTROL] & 3 == 3 and self.registers[TX_ASK] & 0x40  # noqa: PLR2004 - both ends
        if not (field and self.faults.measured("present", self._present)):
            self.tag.power_down()
            return b""
        return self.tag.answer(data, self.registers[FRAMING] & 7)

    def _receive(self, answer: bytes) -> None:
        came = self.spoil(answer) if answer else b""
        if came:
            self._timer_s = float("inf")
            self.queue += came
            self.registers[ERROR] = self.errors() | (PARITY if self.faults.corrupts() else 0)
            self.registers[IRQ] |= RECEIVED | (FAILED if self.registers[ERROR] else 0)


def place(place: Place) -> SimulatedRc522:
    """The model for a configured device: its tag is there while what `present` hangs on is so."""
    return SimulatedRc522(place.clock, place.state("present") if place.coupled("present") else bool)
