"""NXP MFRC522, the chip of RC522 boards, over SPI: tags of RFID and NFC (ISO 14443 A: MIFARE, NTAG).

A tag is read as text, its number in hexadecimal digits, and `present` tells whether there is one. A tag is seen when
the part is read while it is there, so give the device a short interval, such as a second. Of several tags at once none
is read: it is an error that says so. RST has to be wired to 3.3 V, or nothing answers; IRQ stays open.

Source: NXP, MFRC522 datasheet rev. 3.9, sections 8.1.2 (SPI), 8.5 (timer), 9.3 (registers) and 10.3 (commands).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import (
    BusKind,
    Channel,
    ChecksumError,
    Driver,
    Limits,
    NoAnswerError,
    Readings,
    ValueKind,
    WrongPartError,
)
from drivers.bus.spi import SpiBus, SpiPart
from drivers.iso14443 import (
    ATQA_BYTES,
    HALT,
    LEVELS,
    REQA,
    WAKE_BITS,
    WUPA,
    add_part,
    check_part,
    decode_choice,
    encode_ask,
    encode_choice,
)

COMMAND, COM_IRQ, ERROR, FIFO_DATA, FIFO_LEVEL, CONTROL, BIT_FRAMING = 0x01, 0x04, 0x06, 0x09, 0x0A, 0x0C, 0x0D
MODE, TX_CONTROL, TX_ASK, T_MODE, T_PRESCALER, T_RELOAD_H, T_RELOAD_L = 0x11, 0x14, 0x15, 0x2A, 0x2B, 0x2C, 0x2D
VERSION = 0x37
READ = 0x80

IDLE, TRANSMIT, TRANSCEIVE, SOFT_RESET = 0x00, 0x04, 0x0C, 0x0F
POWER_DOWN = 0x10
"""The bit of the command register that is set while the part comes up."""
RECEIVED, IDLE_AGAIN, TIMER_RAN_OUT = 0x20, 0x10, 0x01
CLEAR_ALL, FLUSH, START_SEND, STOP_TIMER = 0x7F, 0x80, 0x80, 0x80
FIFO_BYTES = 64
ANTENNA = 0x03

SETUP = (
    (T_MODE, 0x80),  # The timer starts by itself when all is sent.
    (T_PRESCALER, 0xA9),  # 13.56 MHz / (2 * 169 + 1): a step of 25 us.
    (T_RELOAD_H, 0x00),
    (T_RELOAD_L, 0xC8),  # 200 steps are 5 ms; a tag answers within 0.1 ms.
    (TX_ASK, 0x40),  # The whole field is switched, as ISO 14443 A wants it.
    (MODE, 0x3D),  # CRC_A begins at 0x6363.
)
"""Register and what it is set to after a reset."""

VERSIONS = frozenset({0x90, 0x91, 0x92, 0x88, 0x89, 0xB2})
"""What the register VersionReg may hold: versions 0 to 2 of the MFRC522, and its clones Fudan FM17522 and FM17522E."""

ERRORS = {
    0x10: "more bytes than the part holds",
    0x08: "several tags at once, or a disturbed field",
    0x04: "a wrong CRC",
    0x02: "a wrong parity",
    0x01: "a disturbed frame",
}
"""Bit of the register ErrorReg -> what it stands for."""

RESET_WAIT_S = 0.05
"""The oscillator starts within some milliseconds."""
COMMAND_WAIT_S = 0.015
"""Three times the part's own limit for an answer."""
POLL_S = 0.0005
FIELD_UP_S = 0.005
"""A tag is ready 5 ms after the field is there (ISO/IEC 14443-3, section 5)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rc522Settings:
    """One MFRC522."""

    chip_select: Annotated[int, Limits(0, 7)] = 0
    """The chip select of the bus that it hangs on; 0 is CE0."""
    retries: Annotated[int, Limits(1, 10)] = 2
    """How often a tag is looked for again in one reading before there is none: more for tags at the field's edge."""


def told_errors(bits: int) -> str:
    """What the register ErrorReg tells of the answer that came; empty where nothing is wrong with it."""
    return ", ".join(what for bit, what in ERRORS.items() if bits & bit)


class Rc522(Driver):
    """One MFRC522 on an SPI bus."""

    name: ClassVar[str] = "rc522"
    title: ClassVar[str] = "NXP MFRC522 (RC522), Fudan FM17522"
    bus_kind: ClassVar[BusKind] = BusKind.SPI
    settings_type: ClassVar[type] = Rc522Settings

    def __init__(self, bus: SpiBus, settings: Rc522Settings) -> None:
        self._bus = bus
        self._part = SpiPart(settings.chip_select)
        self._tries = 1 + settings.retries
        self._place = f"{self.name} at {bus.place(self._part)}"

    @classmethod
    def channels(cls, settings: Rc522Settings) -> tuple[Channel, ...]:
        """Whether a tag is there, and which."""
        del settings
        return (
            Channel(name="present", kind=ValueKind.BOOLEAN, about="a tag is in the field"),
            Channel(name="tag", kind=ValueKind.TEXT, about="its number in hexadecimal digits, empty without a tag"),
        )

    def open(self) -> None:
        """See that it is such a part, reset it, set it up, and switch its field on.

        Raises:
            WrongPartError: the version is that of no known part.
            NoAnswerError: the line stays at one level, or the part does not come up or keep what it is told.
            BusError: the bus does not work.
        """
        self._identify()
        self._put(COMMAND, SOFT_RESET)
        self._await(COMMAND, POWER_DOWN, RESET_WAIT_S, wanted=False)
        for register, value in SETUP:
            self._put(register, value)
        self._put(TX_CONTROL, self._get(TX_CONTROL) | ANTENNA)
        self._check_setup()
        self._bus.clock.sleep(FIELD_UP_S)

    def read(self) -> Readings:
        """Look for a tag now.

        Raises:
            ChecksumError: tags answer, again and again not as they should: several at once, or a disturbed field.
            WrongPartError: another part answers.
            NoAnswerError: nothing answers, or the part was reset; opened again, it is set up again.
            BusError: the bus does not work.
        """
        self._identify()
        self._check_setup()
        problem: ChecksumError | None = None
        wake = WUPA
        for _ in range(self._tries):
            try:
                tag, problem = self._look(wake).hex().upper(), None
            except ChecksumError as error:
                wake, problem = WUPA, error  # It may be halted by now, and then does not hear REQA.
                continue
            if tag:
                return {"present": True, "tag": tag}
            wake = REQA if wake == WUPA else WUPA
        if problem is not None:
            raise ChecksumError(f"{self._place}: {problem}") from problem
        return {"present": False, "tag": ""}

    def _look(self, wake: int) -> bytes:
        """The number of the tag in the field; empty where none answers, or no more. It is halted, for the next look."""
        woken = self._exchange(bytes([wake]), WAKE_BITS)
        if not woken:
            return b""
        try:
            if len(woken) != ATQA_BYTES:
                raise ChecksumError(f"an answer to the wake-up that cannot be: {woken.hex()}")
            return self._number()
        finally:
            self._command(TRANSMIT, HALT)

    def _number(self) -> bytes:
        number = b""
        for level in LEVELS:
            asked = self._exchange(encode_ask(level))
            chosen = self._exchange(encode_choice(level, check_part(asked))) if asked else b""
            if not chosen:
                return b""
            further = decode_choice(chosen)
            number = add_part(number, asked, further=further)
            if not further:
                break
        return number

    def _exchange(self, data: bytes, last_bits: int = 0) -> bytes:
        """Send to the tag, of the last byte only so many bits, 0 for all; give its answer, empty where none comes."""
        ended = self._command(TRANSCEIVE, data, last_bits)
        if not ended & (RECEIVED | IDLE_AGAIN):
            return b""
        told = told_errors(self._get(ERROR))
        if told:
            raise ChecksumError(f"the answer of a tag has {told}")
        count, bits = self._get(FIFO_LEVEL), self._get(CONTROL) & 0x07
        if count > FIFO_BYTES or bits:
            raise ChecksumError(f"the answer of a tag is no whole bytes ({count} bytes, {bits} bits in the last)")
        return self._get_many(FIFO_DATA, count) if count else b""

    def _command(self, command: int, data: bytes, last_bits: int = 0) -> int:
        """Do a command with `data`, and give the bits that tell how it ended."""
        self._put(COMMAND, IDLE)
        self._put(CONTROL, STOP_TIMER)  # It may still run since the command before.
        self._put(COM_IRQ, CLEAR_ALL)
        self._put(FIFO_LEVEL, FLUSH)
        self._put(FIFO_DATA, *data)
        self._put(BIT_FRAMING, last_bits)
        self._put(COMMAND, command)
        if command == TRANSCEIVE:
            self._put(BIT_FRAMING, START_SEND | last_bits)
            return self._await(COM_IRQ, RECEIVED | IDLE_AGAIN | TIMER_RAN_OUT, COMMAND_WAIT_S)
        return self._await(COM_IRQ, IDLE_AGAIN, COMMAND_WAIT_S)

    def _await(self, register: int, bits: int, longest_s: float, *, wanted: bool = True) -> int:
        """Wait until any of `bits` is set, or where not `wanted` none is; give the register then."""
        until_s = self._bus.clock.now_s() + longest_s
        while bool((found := self._get(register)) & bits) != wanted:
            if self._bus.clock.now_s() >= until_s:
                raise NoAnswerError(f"{self._place}: it does not end what it was told (register {register:02X})")
            self._bus.clock.sleep(POLL_S)
        return found

    def _identify(self) -> None:
        version = self._get(VERSION)
        if version in {0x00, 0xFF}:
            level = "high" if version else "low"
            raise NoAnswerError(f"{self._place}: no answer, the data line stays {level}; check power, wiring and RST")
        if version not in VERSIONS:
            allowed = ", ".join(f"{one:02X}" for one in sorted(VERSIONS))
            raise WrongPartError(f"{self._place}: a part of version {version:02X} answers; allowed are {allowed}")

    def _check_setup(self) -> None:
        # MODE is left out: its reserved bits may read otherwise in a clone.
        kept = all(self._get(register) == value for register, value in SETUP if register != MODE)
        if not kept or self._get(TX_CONTROL) & ANTENNA != ANTENNA:
            raise NoAnswerError(f"{self._place}: it has lost its setup, as after a loss of supply; it is set up again")

    def _get(self, register: int) -> int:
        return self._get_many(register, 1)[0]

    def _get_many(self, register: int, count: int) -> bytes:
        return self._bus.transfer(self._part, bytes([READ | register << 1] * count) + b"\x00")[1:]

    def _put(self, register: int, *values: int) -> None:
        self._bus.transfer(self._part, bytes([register << 1, *values]))
