"""NXP PN532: tags of RFID and NFC (ISO 14443 A: MIFARE, NTAG) over a serial line, 115200 baud.

A tag is read as text, its number in hexadecimal digits: numbers of seven bytes are more than a float holds exactly.
`present` tells whether there is one, so that rules and safety need no text. A tag is seen when the part is read while
it is there, so give the device a short interval, such as a second. Telephones make up a new number each time.

Source: NXP, PN532 user manual (UM0701-02) rev. 02, sections 6.2.1 (frames), 7.2.2, 7.2.10, 7.3.1 and 7.3.5 (commands).
"""

from __future__ import annotations

import enum
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
from drivers.bus.serial_port import SerialBus
from drivers.framed import ask, await_frame

BAUD = 115_200
WAKE = b"\x55\x55" + bytes(14)
"""Wakes the part; the zeros give its oscillator the time to start."""
START = b"\x00\xff"
ACK = b"\x00\x00\xff\x00\xff\x00"
TO_PART, FROM_PART, REFUSED = 0xD4, 0xD5, 0x7F
HEAD_BYTES = 4
"""Start, length, and the complement of the length."""

PN532 = 0x32
NORMAL_MODE, NO_TIMEOUT, USE_IRQ = 1, 0, 1
RETRIES_ITEM, AT_ONCE = 5, 1
ONE_TAG, ISO14443A = 1, 0
NUMBER_BYTES = frozenset({4, 7, 10})
NUMBER_AT = 8
"""In an answer with a tag: code, count, which one, two bytes of ATQA, SAK and the number's length are before it."""

ACK_WAIT_S = 0.2
"""The part confirms a command within 15 ms."""
ANSWER_WAIT_S = 0.6
"""Looking for a tag takes some 5 ms for each retry."""


class Command(enum.IntEnum):
    """What the part can be told."""

    FIRMWARE = 0x02
    SAM = 0x14
    """Configure the security module, which also ends the state after power-up."""
    RF = 0x32
    """Configure how tags are looked for."""
    LIST = 0x4A
    """Look for tags."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pn532Settings:
    """One PN532."""

    retries: Annotated[int, Limits(0, 20)] = 2
    """How often a tag is looked for again in one reading before there is none: more for tags at the field's edge."""


def encode_command(code: int, *arguments: int) -> bytes:
    """A frame to the part: asking for the firmware is 00 00 FF 02 FE D4 02 2A 00."""
    body = bytes([TO_PART, code, *arguments])
    return b"\x00" + START + bytes([len(body), -len(body) & 0xFF]) + body + bytes([-sum(body) & 0xFF, 0])


def after_ack(data: bytes) -> bytes:
    """The part's confirmation of a command and what came behind it; empty where there is none."""
    at = data.find(ACK)
    return data[at:] if at >= 0 else b""


def find_answer(data: bytes, code: int) -> bytes:
    """The body of the first good answer to the command `code`, or of a refusal; empty where there is none."""
    at = data.find(START)
    while at >= 0:
        head = data[at : at + HEAD_BYTES]
        if len(head) == HEAD_BYTES and head[2] and not (head[2] + head[3]) & 0xFF:
            body = data[at + HEAD_BYTES : at + HEAD_BYTES + head[2] + 1]
            good = len(body) == head[2] + 1 and not sum(body) & 0xFF
            if good and (body[:2] == bytes([FROM_PART, code + 1]) or body[:-1] == bytes([REFUSED])):
                return body[:-1]
        at = data.find(START, at + 1)
    return b""


def decode_tag(body: bytes) -> str | None:
    """The number of the tag in an answer: D5 4B 01 01 00 04 08 04 DE AD BE EF is DEADBEEF; empty where there is none.

    None where the answer cannot be.
    """
    if body[2:3] == b"\x00":
        return ""
    length = body[NUMBER_AT - 1] if len(body) >= NUMBER_AT else 0
    number = body[NUMBER_AT : NUMBER_AT + length]
    return number.hex().upper() if length in NUMBER_BYTES and len(number) == length else None


class Pn532(Driver):
    """One PN532, alone on its serial line, its switches set for HSU (UART)."""

    name: ClassVar[str] = "pn532"
    title: ClassVar[str] = "NXP PN532"
    bus_kind: ClassVar[BusKind] = BusKind.SERIAL
    settings_type: ClassVar[type] = Pn532Settings

    def __init__(self, bus: SerialBus, settings: Pn532Settings) -> None:
        self._bus = bus
        self._retries = settings.retries
        self._place = f"{self.name} on {bus.device}"

    @classmethod
    def channels(cls, settings: Pn532Settings) -> tuple[Channel, ...]:
        """Whether a tag is there, and which."""
        del settings
        return (
            Channel(name="present", kind=ValueKind.BOOLEAN, about="a tag is in the field"),
            Channel(name="tag", kind=ValueKind.TEXT, about="its number in hexadecimal digits, empty without a tag"),
        )

    def open(self) -> None:
        """Wake the part, see that it is a PN532, and let it look for a tag a few times, not for ever.

        Raises:
            WrongPartError: another chip answers, or one that does not know these commands.
            NoAnswerError: nothing comes.
            ChecksumError: bytes come, but no good frame.
            BusError: the port does not work.
        """
        self._do(Command.SAM, NORMAL_MODE, NO_TIMEOUT, USE_IRQ, wake=WAKE)
        firmware = self._do(Command.FIRMWARE)
        if firmware[2:3] != bytes([PN532]):
            raise WrongPartError(f"{self._place}: a chip of kind {firmware[2:3].hex()} answers, a PN532 is of kind 32")
        self._do(Command.RF, RETRIES_ITEM, 0xFF, AT_ONCE, self._retries)

    def read(self) -> Readings:
        """Look for a tag now.

        Raises:
            WrongPartError: the part does not know the command.
            NoAnswerError: nothing comes, as when the part was reset; opened again, it is set up again.
            ChecksumError: bytes come, but no good frame, or one of a number that cannot be.
            BusError: the port does not work.
        """
        body = self._do(Command.LIST, ONE_TAG, ISO14443A)
        tag = decode_tag(body)
        if tag is None:
            raise ChecksumError(f"{self._place}: an answer that cannot be: {body.hex()}")
        return {"present": bool(tag), "tag": tag}

    def _do(self, code: int, *arguments: int, wake: bytes = b"") -> bytes:
        request = wake + encode_command(code, *arguments)
        come = ask(self._bus, request, after_ack, ACK_WAIT_S, self.name, BAUD)
        try:
            body = await_frame(
                self._bus, come[len(ACK) :], lambda data: find_answer(data, code), ANSWER_WAIT_S, self.name, BAUD
            )
        except NoAnswerError:
            raise NoAnswerError(f"{self._place}: it took the command {code:02X} and does not answer it") from None
        if body[0] == REFUSED:
            raise WrongPartError(f"{self._place}: it does not know the command {code:02X}")
        return body
