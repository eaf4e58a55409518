from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.checksums import crc8, crc8_maxim, crc16_arc, crc16_modbus, sum16


@pytest.mark.parametrize(
    ("word", "check"),
    [("BEEF", 0x92), ("01F4", 0x33), ("6667", 0xA2), ("5EB9", 0x3C), ("8000", 0xA2), ("6666", 0x93), ("", 0xFF)],
)
def test_the_examples_of_sensirions_datasheets_come_out(word, check):
    assert crc8(bytes.fromhex(word)) == check


@pytest.mark.parametrize(("word", "check"), [("683A", 0x7C), ("4E85", 0x6B)])
def test_with_another_start_it_is_the_checksum_of_the_older_parts(word, check):
    assert crc8(bytes.fromhex(word), start=0x00) == check


@given(st.binary(min_size=2, max_size=2), st.integers(0, 23))
def test_any_flipped_bit_is_noticed(word, bit):
    assert not good(flipped(word + bytes([crc8(word)]), bit))


@given(st.binary(min_size=2, max_size=2), st.lists(st.integers(0, 23), min_size=2, max_size=2, unique=True))
def test_any_two_flipped_bits_are_noticed(word, bits):
    assert not good(flipped(word + bytes([crc8(word)]), *bits))


@given(st.binary(max_size=40))
def test_behind_its_own_checksum_the_remainder_is_nothing(data):
    assert crc8(data + bytes([crc8(data)])) == 0


@given(st.binary(max_size=600))
def test_the_sum_stays_within_16_bits(data):
    assert sum16(data) == sum(data) % 65536


def good(word_and_check: bytes) -> bool:
    return crc8(word_and_check[:2]) == word_and_check[2]


def flipped(data: bytes, *bits: int) -> bytes:
    number = int.from_bytes(data)
    for bit in bits:
        number ^= 1 << bit
    return number.to_bytes(len(data))


def test_the_checksums_of_1_wire_and_modbus_are_those_of_their_papers():
    assert crc8_maxim(bytes.fromhex("021CB801000000")) == 0xA2
    assert crc16_modbus(bytes.fromhex("0207")) == 0x1241
    assert crc16_modbus(bytes.fromhex("010400000002")).to_bytes(2, "little") == b"\x71\xcb"


@given(st.binary(max_size=40))
def test_a_message_with_its_reflected_checksum_has_none_left(data):
    assert crc8_maxim(data + bytes([crc8_maxim(data)])) == 0
    assert crc16_modbus(data + crc16_modbus(data).to_bytes(2, "little")) == 0


def test_the_checksum_of_smart_meters_has_its_check_value():
    assert crc16_arc(b"123456789") == 0xBB3D
    assert crc16_arc(b"") == 0
