"""The compact form says what the JSON says, in few bytes, and no bytes do more than be refused."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core import compact
from gateway.core.columns import signed, text, varint
from gateway.core.compact import BORN, DEFLATED, compact_pack
from gateway.core.dictionary import UnknownDictionaryError, dictionary_of
from gateway.core.reading import ClockState, Lane, Quality, Reason
from gateway.core.segment import plain_pack
from gateway.core.senml import SenmlError, decode_pack, read_pack
from gateway.core.senml_raw import PACK_BYTES_MAX, RECORDS_MAX
from gateway.core.thinning import thin
from tests.core.births import BASE_NS, EPOCH, GATEWAY, birth, outgoing, reading, segment
from tests.core.test_dictionary import batches, readings

KNOWN = dictionary_of(birth())
PAGE = Path(__file__).parents[2] / "docs" / "wire.md"
TICKS = [
    reading(series, value, at * 1000 + at % 3)
    for at in range(50)
    for series, value in (
        ("room/temperature", round(21 + at % 7 / 100, 2)),
        ("room/humidity", round(55 - at % 5 / 10, 1)),
        ("door/closed", at % 9 == 0),
    )
]
HEAD = bytes([2 | 16]) + text(EPOCH) + varint(17) + varint(BASE_NS // 1_000_000)
"""A segment of the normal lane, up to its count."""
NAMED = varint(0) + text("gw/room/temperature") + text("Cel")


def body(*parts):
    """A batch that is neither packed nor rests on a birth."""
    return compact.MARK + bytes([0]) + b"".join(parts)


@given(batches, st.booleans())
def test_the_compact_form_says_what_the_json_says(batch, born):
    packed = compact_pack(batch, KNOWN if born else None)
    assert packed[:1] == compact.MARK
    expected = decode_pack(plain_pack(batch), GATEWAY)
    assert decode_pack(packed, GATEWAY, known=[KNOWN]) == expected
    assert read_pack(packed, GATEWAY, known=[KNOWN]).segments == expected


@given(st.lists(readings, min_size=1, max_size=40))
def test_thinned_readings_go_along_as_they_are(taken):
    batch = outgoing(thin([segment(*taken)], 60), backfill=True)
    expected = decode_pack(plain_pack(batch), GATEWAY)
    assert decode_pack(compact_pack(batch, KNOWN), GATEWAY, known=[KNOWN]) == expected


def test_signs_of_zero_and_the_last_bits_are_kept():
    values = [0.0, -0.0, 0.1 + 0.2, 5e-324, 1.7976931348623157e308, 2.0**53 + 2, 1 / 3]
    batch = outgoing(segment(*(reading("air/index", value, at) for at, value in enumerate(values))))
    (found,) = decode_pack(compact_pack(batch, KNOWN), GATEWAY, known=[KNOWN])
    assert [repr(record.value) for record in found.records] == [repr(value) for value in values]


def test_members_that_have_no_column_are_kept():
    plain = segment(reading("air/index", 1.0), reading("air/index", 2.0, 1))
    odd = msgspec.structs.replace(plain, body=plain.body.replace(b'"v":2.0', b'"v":2.0,"u":"lx"'))
    (found,) = decode_pack(compact_pack(outgoing(odd), KNOWN), GATEWAY, known=[KNOWN])
    assert [record.unit for record in found.records] == ["", "lx"]


def test_readings_at_an_even_pace_take_a_byte_and_less():
    batch = outgoing(segment(*TICKS))
    packed = compact_pack(batch, KNOWN)
    assert packed[1] & DEFLATED
    assert len(packed) < 1.0 * len(TICKS)


def test_names_of_the_birth_are_not_written():
    batch = outgoing(segment(reading("room/temperature", 21.43)))
    assert len(compact_pack(batch, KNOWN)) <= 25
    assert b"temperature" not in compact_pack(batch, KNOWN)
    assert b"temperature" in compact_pack(batch, None)


@pytest.mark.parametrize("wall_ns", [-1_000_000_000, 2**90])
def test_a_time_that_no_column_holds_is_refused(wall_ns):
    with pytest.raises(ValueError, match="is no number"):
        compact_pack(outgoing(segment(reading("air/index", 1.0)), wall_ns=wall_ns), KNOWN)


def test_names_of_a_birth_that_is_not_known_are_told_apart_from_damage():
    packed = compact_pack(outgoing(segment(*TICKS)), KNOWN)
    with pytest.raises(UnknownDictionaryError, match=f"{KNOWN.number:08x} is not known"):
        read_pack(packed, GATEWAY)


ONE_COLUMN = HEAD + varint(1) + NAMED + varint(1)
"""A segment of one reading, up to the flags of its group."""


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"c", "1 bytes announced, 0 there"),
        (b"c\x04", "flags 0x04 are not known"),
        (b"c\x02abc", "4 bytes announced, 3 there"),
        (b"c\x01\xff", "is damaged"),
        (b"c\x01" + b"\x03\x00" + b"\x00", "bytes after its end"),
        (b"c\x00", "a pack holds at least one record"),
        (body(b"\x40"), "a segment with the flags 0x40 is not known"),
        (body(b"\x02"), "it uses names of a birth, and says of none"),
        (body(b"\x12", text("none"), bytes(3)), "matching regex"),
        (body(HEAD, varint(0)), "a segment without records"),
        (body(HEAD.replace(varint(17), b"\0"), varint(1)), "Expected `int` >= 1"),
        (body(HEAD, varint(RECORDS_MAX + 1)), f"more than {RECORDS_MAX} records"),
        (body(HEAD, varint(2**53)), "Expected `int` <= 9007199254740992"),
        (body(HEAD, varint(1), b"\x01"), "it uses names of a birth, and says of none"),
        (body(HEAD, varint(1), NAMED, varint(2)), "a group of 2, where 1 to 1 are left"),
        (body(HEAD, varint(1), NAMED, varint(0)), "a group of 0, where 1 to 1 are left"),
        (body(HEAD, varint(1), varint(0), text("gw/a/b"), text("x" * 65)), "65 characters; at most 64"),
        (body(ONE_COLUMN, b"\x04"), "1 readings at the times of 0"),
        (body(ONE_COLUMN, b"\x11\x00"), "decimal places on what has none"),
        (body(ONE_COLUMN, b"\x01\x00", bytes.fromhex("7ff0000000000000")), "not finite"),
        (body(ONE_COLUMN, b"\x01\x00", bytes.fromhex("7ff8000000000000")), "not finite"),
        (body(ONE_COLUMN, b"\x02\x00\x02"), "bits behind the last"),
        (body(ONE_COLUMN, b"\x08\x00\x02\x01\x01\x00\x00"), "quality 0 of reading 1 of 1"),
        (body(ONE_COLUMN, b"\x08\x00\x02\x01\x00\x03\x00"), "quality 3 of reading 0 of 1"),
        (body(ONE_COLUMN, b"\x08\x00\x02\x01\x00\x02", text("x" * 65)), "65 characters; at most 64"),
        (body(ONE_COLUMN, b"\x00\x00\x02", b"\x00"), "1 bytes announced|cut short|names of a birth"),
        (body(bytes([HEAD[0] | 32]), HEAD[1:], varint(1), varint(0), varint(1), b"\x80"), "a segment without records"),
        (body(bytes([HEAD[0] | 32]), HEAD[1:], varint(1), varint(0), varint(2), b"\x81\x01"), "a record is a map"),
        (
            body(bytes([HEAD[0] | 32]), HEAD[1:], varint(1), varint(0), varint(27))
            + b"\x81\xa1\x65epoch\x72"
            + EPOCH.encode(),
            "a segment inside a segment",
        ),
        (body(ONE_COLUMN, b"\x00\x00\x02") + bytes(PACK_BYTES_MAX), f"at most {PACK_BYTES_MAX} are allowed"),
    ],
)
def test_what_is_damaged_is_refused(payload, message):
    for read in (decode_pack, read_pack):
        with pytest.raises(SenmlError, match=message):
            read(payload, GATEWAY, known=[KNOWN])


def test_a_place_beyond_the_birth_is_refused():
    packed = compact.MARK + bytes([BORN]) + KNOWN.number.to_bytes(4, "big") + HEAD + varint(1) + varint(6)
    with pytest.raises(SenmlError, match="series 6 of 5"):
        decode_pack(packed, GATEWAY, known=[KNOWN])


def test_a_good_column_is_read():
    (found,) = decode_pack(body(ONE_COLUMN, b"\x20", varint(1500), signed(2143)), GATEWAY)
    (record,) = found.records
    assert (found.lane, record.value, record.time_s) == (Lane.NORMAL, 21.43, 1_795_417_201.75)


def test_a_series_of_another_gateway_is_rejected_and_the_rest_taken():
    strange = HEAD.replace(varint(17), varint(99), 1) + varint(1) + varint(0) + text("other/a/b") + text("")
    pack = read_pack(body(ONE_COLUMN, b"\x00\x00\x02", strange, varint(1), b"\x00\x00\x02"), GATEWAY)
    assert [one.first for one in pack.segments] == [17]
    assert [(one.first, one.last) for one in pack.rejected] == [(99, 99)]


hostile = st.binary(max_size=60) | st.lists(st.sampled_from([0, 1, 2, 4, 16, 18, 32, 127, 128, 255]), max_size=60).map(
    bytes
)


@settings(max_examples=500)
@given(hostile, st.sampled_from([b"c\x00", b"c\x01", b"c\x00" + HEAD, b"c\x00" + ONE_COLUMN, b"c"]))
def test_no_bytes_do_more_than_be_refused(data, before):
    try:
        read_pack(before + data, GATEWAY, known=[KNOWN])
    except SenmlError as error:
        assert str(error)  # noqa: PT017 - either outcome is right; anything else would have escaped


@given(batches, st.data())
def test_a_damaged_byte_does_no_more(batch, data):
    packed = bytearray(compact_pack(batch, KNOWN))
    packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_pack(bytes(packed), GATEWAY, known=[KNOWN])
    except SenmlError as error:
        assert str(error)  # noqa: PT017 - as above


EXAMPLE = outgoing(
    segment(
        reading("room/temperature", 21.43),
        reading("door/closed", value=True),
        reading("room/temperature", 21.4, 1000),
        reading("door/closed", value=False, after_ms=1000),
        reading("room/temperature", -0.5, 2000, quality=Quality.BAD, reason=Reason.RANGE),
    ),
    clock=ClockState.UNSYNCHRONISED,
)


def test_the_example_of_the_page_is_what_is_written():
    block = re.search(r"```hex\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]
    written = bytes.fromhex("".join(line.partition("#")[0] for line in block.splitlines()))
    assert decode_pack(written, GATEWAY) == decode_pack(plain_pack(EXAMPLE), GATEWAY)
    assert written == compact_pack(EXAMPLE, None)
