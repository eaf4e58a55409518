from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BadValueError, ChecksumError, NoAnswerError, WrongPartError
from drivers.modbus import (
    Function,
    check_answer,
    data_bytes,
    decode_rtu,
    decode_tcp_head,
    encode_read,
    encode_rtu,
    encode_tcp,
    encode_write,
    encode_write_coil,
    rtu_bytes,
)

WORDS = encode_read(Function.READ_INPUT_REGISTERS, 0, 2)
PZEM = bytes.fromhex("04140 8D1006C000000F4000000260000 01F400640000".replace(" ", ""))


def test_a_request_is_the_one_of_the_meters_manual():
    assert encode_rtu(1, WORDS) == bytes.fromhex("01 04 0000 0002 71CB")


def test_the_standards_own_examples():
    assert encode_read(Function.READ_COILS, 0x13, 0x13) == bytes.fromhex("01 0013 0013")
    assert data_bytes(encode_read(Function.READ_COILS, 0x13, 0x13)) == 3
    assert encode_write_coil(0xAC, True) == bytes.fromhex("05 00AC FF00")
    assert encode_write(1, b"\x00\x03") == bytes.fromhex("06 0001 0003")
    assert encode_write(1, bytes.fromhex("000A0102")) == bytes.fromhex("10 0001 0002 04 000A 0102")
    assert encode_write(1, b"\x00\x03", multiple=True) == bytes.fromhex("10 0001 0001 02 0003")


def test_a_captured_answer_of_a_pzem_is_whole():
    frame = bytes.fromhex("01") + PZEM + bytes.fromhex("5134")
    assert rtu_bytes(frame[:3]) == len(frame)
    assert decode_rtu(1, frame, "x") == PZEM
    assert len(check_answer(encode_read(Function.READ_INPUT_REGISTERS, 0, 10), PZEM, "x")) == 20


@pytest.mark.parametrize(
    ("answer", "expected", "message"),
    [
        ("8402", WrongPartError, "address 0: there is no such register"),
        ("8401", WrongPartError, "not known"),
        ("8403", WrongPartError, "not allowed"),
        ("8404", NoAnswerError, "failed"),
        ("8406", NoAnswerError, "busy"),
        ("840B", NoAnswerError, "behind the gateway"),
        ("8463", NoAnswerError, "reason 99"),
        ("0404 0000", ChecksumError, "no answer to"),
        ("0304 00000000", ChecksumError, "no answer to"),
        ("0402 0000", ChecksumError, "no answer to"),
        ("04", ChecksumError, "no answer to"),
        ("", ChecksumError, "no answer to"),
    ],
)
def test_an_answer_that_is_none_has_a_name(answer, expected, message):
    with pytest.raises(expected, match=message):
        check_answer(WORDS, bytes.fromhex(answer), "line unit 1")


def test_a_value_that_the_unit_does_not_take_is_a_bad_value():
    with pytest.raises(BadValueError):
        check_answer(encode_write(1, b"\0\1"), bytes.fromhex("8603"), "x")


def test_a_write_is_answered_with_its_beginning():
    several = encode_write(1, bytes(4))
    assert check_answer(several, several[:5], "x") == b""
    with pytest.raises(ChecksumError):
        check_answer(several, encode_write(2, bytes(4))[:5], "x")


@given(st.binary(max_size=40))
def test_any_bytes_are_an_answer_or_a_declared_error(data):
    for request in (WORDS, encode_write_coil(3, True)):
        try:
            check_answer(request, data, "x")
        except (WrongPartError, NoAnswerError, ChecksumError, BadValueError):
            continue


@given(st.integers(0, 255), st.binary(min_size=2, max_size=250), st.data())
def test_a_frame_comes_back_and_one_wrong_bit_is_noticed(unit, pdu, data):
    frame = encode_rtu(unit, pdu)
    assert decode_rtu(unit, frame, "x") == pdu
    bit = data.draw(st.integers(0, 8 * len(frame) - 1))
    broken = bytearray(frame)
    broken[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ChecksumError):
        decode_rtu(unit, bytes(broken), "x")


def test_another_units_frame_is_told():
    with pytest.raises(NoAnswerError, match="unit 2 answers instead"):
        decode_rtu(1, encode_rtu(2, PZEM), "x")


@pytest.mark.parametrize(
    ("head", "length"), [("018402", 5), ("010414", 25), ("010600", 8), ("011000", 8), ("014100", None)]
)
def test_the_length_of_an_answer_is_known_from_its_head(head, length):
    assert rtu_bytes(bytes.fromhex(head)) == length


def test_a_frame_of_tcp_is_the_standards():
    frame = encode_tcp(0x1501, 0xFF, encode_read(Function.READ_HOLDING_REGISTERS, 4, 1))
    assert frame == bytes.fromhex("1501 0000 0006 FF 03 0004 0001")
    assert decode_tcp_head(frame[:7]) == (0x1501, 0xFF, 5)


@pytest.mark.parametrize("head", [b"HTTP/1.", bytes.fromhex("0001 0001 0006 01"), bytes.fromhex("0001 0000 0001 01")])
def test_what_is_no_modbus_over_tcp_is_refused(head):
    with pytest.raises(ChecksumError, match="another service"):
        decode_tcp_head(head)
