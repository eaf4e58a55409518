from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import ChecksumError
from drivers.checksums import crc16_a
from drivers.iso14443 import HALT, LEVELS, add_part, check_part, decode_choice, encode_ask, encode_choice, with_crc
from drivers.simulated.rc522 import SimulatedTag

PART = bytes.fromhex("DEADBEEF22")


def test_the_standards_examples():
    assert crc16_a(b"\x00\x00") == 0x1EA0
    assert crc16_a(b"\x12\x34") == 0xCF26
    assert bytes.fromhex("500057CD") == HALT
    assert [encode_ask(level).hex() for level in LEVELS] == ["9320", "9520", "9720"]
    assert encode_choice(0x93, PART) == with_crc(bytes.fromhex("9370DEADBEEF22"))


@given(st.binary(max_size=20))
def test_a_message_with_its_crc_has_the_crc_zero(data):
    assert crc16_a(with_crc(data)) == 0


@given(st.integers(0, 39))
def test_one_wrong_bit_of_a_part_is_noticed(bit):
    assert check_part(PART) == PART
    with pytest.raises(ChecksumError, match="BCC"):
        check_part((int.from_bytes(PART) ^ 1 << bit).to_bytes(5))


@given(st.binary(max_size=8).filter(lambda data: len(data) != 5))
def test_a_part_of_another_length_is_none(data):
    with pytest.raises(ChecksumError):
        check_part(data)


@pytest.mark.parametrize(("answer", "further"), [("08B6DD", False), ("04DA17", True), ("20FC70", False)])
def test_an_answer_to_the_choice_tells_whether_more_follows(answer, further):
    assert decode_choice(bytes.fromhex(answer)) is further


@given(st.binary(max_size=6))
def test_any_other_answer_to_the_choice_is_a_checksum_error(data):
    if data[:1] and with_crc(data[:1]) == data:
        return
    with pytest.raises(ChecksumError):
        decode_choice(data)


@given(st.sampled_from([4, 7, 10]).flatmap(lambda count: st.binary(min_size=count, max_size=count)))
def test_the_parts_of_a_number_are_the_number_again(number):
    parts = SimulatedTag(number).parts()
    found = b""
    for at, part in enumerate(parts, 1):
        found = add_part(found, check_part(part), further=at < len(parts))
    assert found == number


def test_a_further_part_without_a_cascade_tag_cannot_be():
    with pytest.raises(ChecksumError, match="further part of its number behind deadbeef"):
        add_part(b"", PART, further=True)


def test_a_number_has_three_parts_at_most():
    with pytest.raises(ChecksumError, match="further part"):
        add_part(bytes(6), b"\x88\x01\x02\x03\x88", further=True)
