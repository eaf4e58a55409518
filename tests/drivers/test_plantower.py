from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.base import WrongPartError
from drivers.plantower import (
    FRAME_BYTES_MAX,
    LENGTHS,
    Command,
    Dust,
    decode_dust,
    encode_command,
    is_data,
    split_frames,
)
from drivers.simulated.pms5003 import frame

EXAMPLE = bytes.fromhex("424D001C 0005000C000F 0004000B000E 039C012A00540006000200009700 02A5")
"""A frame put together by hand: 5, 12, 15 ug/m3 in the factory, 4, 11, 14 outside."""

words = st.integers(0, 0xFFFF)
data_frames = st.lists(words, min_size=13, max_size=13).map(
    lambda numbers: frame(b"".join(number.to_bytes(2) for number in numbers))
)
starts = st.sampled_from(
    [b"\x42", b"\x42\x4d", b"\x42\x42\x4d", b"\x42\x4d\x00", b"\x42\x4d\x00\x1c", b"\x42\x4d\x00\x24"]
)
garbage = st.lists(st.one_of(st.binary(max_size=20), starts), max_size=6).map(b"".join)


@pytest.mark.parametrize(
    ("command", "data"),
    [
        (Command.PASSIVE, "424DE100000170"),
        (Command.ACTIVE, "424DE100010171"),
        (Command.READ, "424DE200000171"),
        (Command.SLEEP, "424DE400000173"),
        (Command.WAKE, "424DE400010174"),
    ],
)
def test_an_order_is_the_seven_bytes_of_the_manual(command, data):
    assert encode_command(command) == bytes.fromhex(data)


def test_the_words_for_outside_air_are_taken():
    assert split_frames(EXAMPLE) == ([EXAMPLE], b"")
    assert is_data(EXAMPLE)
    assert decode_dust(EXAMPLE) == Dust(pm1=4, pm2_5=11, pm10=14)


@given(words, words, words)
def test_masses_come_out_as_they_went_in(pm1, pm2_5, pm10):
    payload = b"".join(word.to_bytes(2) for word in (0, 0, 0, pm1, pm2_5, pm10, *[0] * 7))
    assert decode_dust(frame(payload)) == Dust(pm1, pm2_5, pm10)


@given(garbage, data_frames)
@example(b"\x42", EXAMPLE)
@example(b"\x42\x4d\x00\x1c", EXAMPLE)
@example(b"\x42\x4d\x00\x24" + bytes(3), EXAMPLE)
@example(EXAMPLE[:31], EXAMPLE)
def test_a_good_frame_is_found_behind_anything(before, good):
    frames, _ = split_frames(before + good)
    assert frames[-1] == good


@given(st.lists(st.tuples(garbage, data_frames), max_size=4), garbage, st.randoms(use_true_random=False))
def test_frames_are_found_however_the_bytes_arrive(parts, tail, chance):
    stream = b"".join(before + good for before, good in parts) + tail
    at_once, _ = split_frames(stream)
    found: list[bytes] = []
    buffer = b""
    while stream:
        size = chance.randint(1, 40)
        buffer, stream = buffer + stream[:size], stream[size:]
        frames, buffer = split_frames(buffer)
        found += frames
    assert found == at_once


@given(st.binary(max_size=300))
def test_whatever_comes_only_good_frames_leave_and_little_is_kept(data):
    frames, rest = split_frames(data)
    assert len(rest) < FRAME_BYTES_MAX
    assert data.endswith(rest)
    for good in frames:
        assert good in data
        assert len(good) - 4 in LENGTHS


@given(data_frames, st.integers(0, 255))
def test_a_frame_with_a_flipped_bit_is_no_frame(good, bit):
    bad = (int.from_bytes(good) ^ 1 << bit).to_bytes(32)
    assert good not in split_frames(bad)[0]


def test_bytes_that_cannot_begin_a_frame_are_not_kept():
    assert split_frames(bytes(100)) == ([], b"")
    assert split_frames(bytes(10) + b"\x42\x4d") == ([], b"\x42\x4d")


def test_the_answer_to_an_order_is_no_measurement():
    assert not is_data(frame(b"\xe1\x00"))


@pytest.mark.parametrize(("payload_bytes", "name"), [(18, "PMS3003"), (34, "PMS5003S")])
def test_a_relative_is_named(payload_bytes, name):
    (found,), _ = split_frames(frame(bytes(payload_bytes)))
    with pytest.raises(WrongPartError, match=name):
        is_data(found)
