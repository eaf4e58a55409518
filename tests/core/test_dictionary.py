"""The dictionary of a birth: the same on both sides, good for small batches, and no bytes do more than be refused."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import dictionary, wire
from gateway.core.dictionary import Named, UnknownDictionaryError, cbor_pack, dictionary_of, unpack
from gateway.core.reading import ClockState, Lane, Quality, Reason
from gateway.core.segment import plain_pack
from gateway.core.senml import SenmlError, decode_pack, read_pack
from gateway.core.senml_raw import PACK_BYTES_MAX
from gateway.core.wire import Birth, BirthChannel, BirthDevice
from tests.core.births import EPOCH, GATEWAY, UNITS, birth, outgoing, reading, segment

KNOWN = dictionary_of(birth())
PAGE = Path(__file__).parents[2] / "docs" / "wire.md"
ONE = outgoing(segment(reading("room/temperature", 21.43)))
SMALL = KNOWN.pack(cbor_pack(plain_pack(ONE)))

values = st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.text(max_size=20)
readings = st.builds(
    reading,
    st.sampled_from([*UNITS, "else/where"]),
    values,
    st.integers(0, 10**7),
    quality=st.sampled_from(Quality),
    reason=st.sampled_from(Reason),
)
segments = st.builds(
    lambda readings, lane, epoch, first: segment(*readings, lane=lane, epoch=epoch, first=first),
    st.lists(readings, min_size=1, max_size=8),
    st.sampled_from(Lane),
    st.sampled_from([EPOCH, "0123456789abcdef-1"]),
    st.integers(1, 2**40),
)
batches = st.builds(
    lambda segments, clock, backfill: outgoing(*segments, clock=clock, backfill=backfill),
    st.lists(segments, min_size=1, max_size=3),
    st.sampled_from(ClockState),
    st.booleans(),
)


@given(batches)
def test_what_is_packed_says_what_the_json_says(batch):
    plain = plain_pack(batch)
    packed = KNOWN.pack(cbor_pack(plain))
    assert packed[:1] == dictionary.MARK
    expected = decode_pack(plain, GATEWAY)
    assert decode_pack(packed, GATEWAY, known=[KNOWN]) == expected
    assert read_pack(packed, GATEWAY, known=[KNOWN]).segments == expected


def test_a_single_reading_of_any_channel_is_small():
    for series, value in (("room/temperature", 21.43), ("room/humidity", 55.21), ("air/index", 3.0)):
        batch = outgoing(segment(reading(series, value), first=1234))
        assert len(KNOWN.pack(cbor_pack(plain_pack(batch)))) <= 25, series


def test_both_sides_make_the_same_of_the_message():
    told = wire.decode(wire.encode(birth()), Birth)
    assert dictionary_of(told) == KNOWN


def test_channels_are_named_with_the_unit_that_their_records_carry():
    assert KNOWN.series == (
        Named("gw/room/temperature", "Cel"),
        Named("gw/room/humidity", "%RH"),
        Named("gw/door/closed", ""),
        Named("gw/air/note", ""),
        Named("gw/air/index", "/"),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"gateway": "other"},
        {"epoch": "3f2a9c1b7d10e644-3"},
        {"started": 1_795_417_190.001},
        {"devices": {"room": BirthDevice(driver="test", channels={"temperature": BirthChannel(unit="Cel")})}},
    ],
)
def test_whatever_it_rests_on_is_in_its_number(changes):
    assert dictionary_of(birth(**changes)).word != KNOWN.word


def test_the_number_covers_names_that_the_text_has_no_room_for():
    def of(last):
        channels = {f"channel-{number}": BirthChannel(unit="Cel") for number in range(1000)} | {last: BirthChannel()}
        return dictionary_of(birth(devices={"room": BirthDevice(driver="test", channels=channels)}))

    one, other = of("one"), of("other")
    assert one.text == other.text
    assert len(one.text) < 32_768 - 512
    assert one.number != other.number


def test_what_differs_otherwise_changes_nothing():
    assert dictionary_of(birth(software="edgetwin 9", epochs=[])) == KNOWN


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
)
def test_no_birth_is_too_odd(started, name, unit):
    devices = {name: BirthDevice(driver="", channels={name: BirthChannel(unit=unit, kind=unit, lane=name)})}
    made = dictionary_of(birth(gateway=name, started=started, devices=devices))
    assert decode_pack(made.pack(cbor_pack(plain_pack(ONE))), GATEWAY, known=[made])


def test_another_dictionary_is_told_apart_from_damage():
    for read in (decode_pack, read_pack):
        with pytest.raises(UnknownDictionaryError, match=f"dictionary {KNOWN.number:08x} is not known"):
            read(SMALL, GATEWAY, known=[dictionary_of(birth(epoch="3f2a9c1b7d10e644-3"))])


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"d", "the number of the dictionary is cut short"),
        (SMALL[:4], "the number of the dictionary is cut short"),
        (SMALL[:5], "cut short or has bytes after its end"),
        (SMALL[:-1], "cut short or has bytes after its end"),
        (SMALL + b"\0", "cut short or has bytes after its end"),
        (SMALL[:5] + b"\xff\xff", "is damaged"),
        (KNOWN.pack(bytes(PACK_BYTES_MAX + 1)), f"more than {PACK_BYTES_MAX} bytes"),
        (KNOWN.pack(b""), "Input data was truncated"),
        (KNOWN.pack(SMALL), "JSON is malformed"),
    ],
)
def test_what_is_damaged_is_refused(payload, message):
    with pytest.raises(SenmlError, match=message):
        decode_pack(payload, GATEWAY, known=[KNOWN])


@given(st.integers(0, len(SMALL) - 1), st.integers(0, 255))
def test_a_damaged_byte_does_no_more(at, byte):
    damaged = bytearray(SMALL)
    damaged[at] = byte
    try:
        read_pack(bytes(damaged), GATEWAY, known=[KNOWN])
    except SenmlError as error:
        assert str(error)  # noqa: PT017 - either outcome is right; anything else would have escaped


def test_any_deflate_of_the_platform_can_read_it():
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS, zdict=KNOWN.text)
    assert unpacker.decompress(SMALL[5:]) == unpack(SMALL, [KNOWN])


@pytest.mark.parametrize("pack", [b"", b"{}", b"[1]", b"[[]]", b'[{"v":1e999}]'])
def test_only_a_pack_can_be_shaped(pack):
    with pytest.raises(ValueError, match=r"."):
        cbor_pack(pack)


def test_last_is_first_where_it_is_not_said():
    text = msgspec.json.decode(plain_pack(ONE))
    del text[0]["last"]
    assert decode_pack(msgspec.json.encode(text), GATEWAY) == decode_pack(plain_pack(ONE), GATEWAY)
    spoilt = cbor_pack(plain_pack(ONE)).replace(b"room", b"ro\xffm")
    (rejected,) = read_pack(spoilt, GATEWAY).rejected
    assert (rejected.first, rejected.last) == (17, 17)


def test_the_page_says_how_it_is_made():
    page = PAGE.read_text(encoding="utf-8")
    section = page[page.index("## Dictionary") :]
    block = re.search(r"```json\n(.*?)```", page[page.index("## Birth") :], re.DOTALL)[1]
    made = dictionary_of(wire.decode(block.encode(), Birth))
    assert f"`{made.word}`" in section
    rare = bytes.fromhex(re.search(r"```text\n(.*?)```", section, re.DOTALL)[1])
    usual = bytes.fromhex(re.search(r"begin: `([0-9a-f ]*)`", section)[1])
    assert made.text.startswith(rare)
    assert made.text.endswith(usual)
    assert len(made.text) > len(rare) + len(usual)


def test_the_time_of_a_reading_that_is_alone_is_the_base():
    batch = outgoing(segment(reading("room/temperature", 21.43, 123)))
    packed = KNOWN.pack(cbor_pack(plain_pack(batch)))
    assert len(packed) <= 21
    (found,) = decode_pack(packed, GATEWAY, known=[KNOWN])
    assert found.records[0].time_s == 1_795_417_200.373
