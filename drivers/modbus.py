"""Modbus: requests and answers as bytes, and their frames on a serial line and over TCP. Pure functions.

Source: MODBUS Application Protocol V1.1b3, sections 4.1, 6 and 7; MODBUS over Serial Line V1.02, section 2.5.1; MODBUS
Messaging on TCP/IP V1.0b, section 3.1.3.
"""

from __future__ import annotations

import enum

from drivers.base import BadValueError, ChecksumError, DriverError, NoAnswerError, WrongPartError
from drivers.checksums import crc16_modbus

REGISTERS_MAX, BITS_MAX = 125, 2000
"""The most that one request may read."""
REQUEST_BYTES = 5
"""Function, address and count: a request that reads, and an answer to one that writes."""

HEAD_BYTES = 3
"""Unit, function, and the count of bytes or the reason: what tells how long an answer on a serial line is."""
CRC_BYTES = 2
TCP_HEAD_BYTES = 7
TCP_LENGTH_MIN = 2
"""Unit and function."""
PDU_BYTES_MAX = 253

REFUSED = 0x80
"""Added to the function in an answer that refuses it."""
ON, OFF = 0xFF00, 0x0000


class Function(enum.IntEnum):
    """What a request asks for."""

    READ_COILS = 1
    READ_DISCRETE_INPUTS = 2
    READ_HOLDING_REGISTERS = 3
    READ_INPUT_REGISTERS = 4
    WRITE_COIL = 5
    WRITE_REGISTER = 6
    WRITE_REGISTERS = 16


BIT_READS = frozenset({Function.READ_COILS, Function.READ_DISCRETE_INPUTS})
READS = BIT_READS | {Function.READ_HOLDING_REGISTERS, Function.READ_INPUT_REGISTERS}

REASONS = {
    1: "the function is not known there",
    2: "there is no such register",
    3: "the value or the count is not allowed",
    4: "it failed while doing it",
    5: "it needs longer",
    6: "it is busy",
    8: "its memory is damaged",
    10: "the gateway has no way to it",
    11: "the unit behind the gateway does not answer",
}
_FOR_A_PERSON = frozenset({1, 2, 3})


def encode_read(function: Function, address: int, count: int) -> bytes:
    """The request for `count` registers or bits from `address` on."""
    return bytes([function]) + address.to_bytes(2) + count.to_bytes(2)


def encode_write_coil(address: int, on: bool) -> bytes:
    """The request that switches one coil."""
    return bytes([Function.WRITE_COIL]) + address.to_bytes(2) + (ON if on else OFF).to_bytes(2)


def encode_write(address: int, data: bytes, *, multiple: bool = False) -> bytes:
    """The request that writes registers; one alone by the function for one, unless `multiple`."""
    if len(data) == 2 and not multiple:  # noqa: PLR2004 - the bytes of one register
        return bytes([Function.WRITE_REGISTER]) + address.to_bytes(2) + data
    head = bytes([Function.WRITE_REGISTERS]) + address.to_bytes(2) + (len(data) // 2).to_bytes(2)
    return head + bytes([len(data)]) + data


def is_read(request: bytes) -> bool:
    """Whether a request changes nothing."""
    return request[0] in READS


def data_bytes(request: bytes) -> int:
    """How many bytes of values a request that reads is answered with."""
    count = int.from_bytes(request[3:5])
    return -(-count // 8) if request[0] in BIT_READS else 2 * count


def check_answer(request: bytes, answer: bytes, place: str) -> bytes:
    """The bytes of values in `answer`; none where `request` wrote. `place` names the unit in messages.

    Raises:
        WrongPartError: the unit has no such register or function.
        BadValueError: the unit does not take the value.
        NoAnswerError: the unit is busy, failed, or is not reached by its gateway.
        ChecksumError: it is no answer to this request.
    """
    if len(answer) == 2 and answer[0] == request[0] | REFUSED:  # noqa: PLR2004 - function and reason
        raise _refused(request, answer[1], place)
    if not is_read(request):
        if answer != request[:REQUEST_BYTES]:
            raise ChecksumError(f"{place}: {answer.hex()} is no answer to {request.hex()}")
        return b""
    data = answer[2:]
    if answer[:2] != bytes([request[0], len(data) & 0xFF]) or len(data) != data_bytes(request):
        raise ChecksumError(f"{place}: {answer.hex()} is no answer to {request.hex()}")
    return data


def _refused(request: bytes, code: int, place: str) -> DriverError:
    text = REASONS.get(code, f"reason {code}, which the standard does not have")
    message = f"{place}: refuses function {request[0]} at address {int.from_bytes(request[1:3])}: {text}"
    if code == 3 and not is_read(request):  # noqa: PLR2004 - "illegal data value"
        return BadValueError(message)
    return WrongPartError(message) if code in _FOR_A_PERSON else NoAnswerError(message)


def encode_rtu(unit: int, pdu: bytes) -> bytes:
    """A frame for a serial line: unit, request or answer, and checksum."""
    body = bytes([unit]) + pdu
    return body + crc16_modbus(body).to_bytes(CRC_BYTES, "little")


def rtu_bytes(head: bytes) -> int | None:
    """How long the answer that begins with `head` is; None where no answer begins so."""
    if head[1] & REFUSED:
        return HEAD_BYTES + CRC_BYTES
    if head[1] in READS:
        return HEAD_BYTES + head[2] + CRC_BYTES
    return 1 + REQUEST_BYTES + CRC_BYTES if head[1] in set(Function) else None


def decode_rtu(unit: int, frame: bytes, place: str) -> bytes:
    """The answer in a frame of a serial line.

    Raises:
        ChecksumError: its checksum is wrong.
        NoAnswerError: it is another unit's.
    """
    if len(frame) <= HEAD_BYTES or crc16_modbus(frame) != 0:
        raise ChecksumError(f"{place}: checksum of {frame.hex()} is wrong; check baud, parity and the ends of the line")
    if frame[0] != unit:
        raise NoAnswerError(f"{place}: unit {frame[0]} answers instead; two units may have the same number")
    return frame[1:-CRC_BYTES]


def encode_tcp(transaction: int, unit: int, pdu: bytes) -> bytes:
    """A frame for TCP; `transaction` (16 bits) comes back in the answer."""
    return transaction.to_bytes(2) + bytes(2) + (1 + len(pdu)).to_bytes(2) + bytes([unit]) + pdu


def decode_tcp_head(head: bytes) -> tuple[int, int, int]:
    """Transaction, unit, and how many bytes follow the seven of a frame's head.

    Raises:
        ChecksumError: it is no head of Modbus.
    """
    length = int.from_bytes(head[4:6])
    if head[2:4] != bytes(2) or not TCP_LENGTH_MIN <= length <= 1 + PDU_BYTES_MAX:
        raise ChecksumError(f"{head.hex()} is no Modbus; another service may listen at this port")
    return int.from_bytes(head[:2]), head[6], length - 1
