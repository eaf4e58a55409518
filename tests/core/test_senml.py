"""Telemetry packs are resolved as RFC 8428 says, and every pack that breaks a rule is refused with its place."""

from __future__ import annotations

import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.reading import ClockState, Lane, Quality
from gateway.core.senml import Record, SenmlError, decode_pack
from gateway.core.senml_raw import PACK_BYTES_MAX, RECORDS_MAX

EPOCH = "3f2a9c1b7d10e644-2"
BASE_S = 1_795_417_200.25


def head(first=1, last=1, **labels):
    return {"epoch": EPOCH, "lane": "normal", "first": first, "last": last, **labels}


def pack(*records):
    return json.dumps(records).encode()


def one(**labels):
    """A pack of one reading, with more labels or others than usual; None leaves one out."""
    record = head() | {"bn": "g/room/temperature", "bt": BASE_S, "v": 1.0} | labels
    return pack({label: value for label, value in record.items() if value is not None})


def only(payload, **arguments):
    (segment,) = decode_pack(payload, "g", **arguments)
    (record,) = segment.records
    return record


def test_the_example_of_the_wire_page():
    payload = b"""[{"bn":"greenhouse-1/room/temperature","bu":"Cel","bt":1795417200.25,
      "epoch":"3f2a9c1b7d10e644-2","lane":"normal","first":17,"last":19,"t":0.0,"v":21.43},
     {"t":1.0,"v":21.44},
     {"bn":"greenhouse-1/door/closed","t":0.5,"vb":true}]"""
    for form in (payload, zlib.compress(payload)):
        (segment,) = decode_pack(form, "greenhouse-1")
        assert (segment.epoch, segment.lane, segment.first, segment.last) == (EPOCH, Lane.NORMAL, 17, 19)
        assert (segment.clock, segment.backfill) == (ClockState.SYNCHRONISED, False)
        assert segment.records == [
            Record(17, "room/temperature", "Cel", 1795417200.25, 21.43, Quality.GOOD, ""),
            Record(18, "room/temperature", "Cel", 1795417201.25, 21.44, Quality.GOOD, ""),
            Record(19, "door/closed", "", 1795417200.75, True, Quality.GOOD, ""),
        ]


def test_segments_stand_end_to_end_each_with_its_labels():
    payload = pack(
        head(1, 2) | {"bn": "g/a/x", "bt": BASE_S, "v": 1},
        {"t": 1, "v": 2},
        head(5, 5, lane="critical", clock="unsynchronised", backfill=True) | {"bn": "g/b/y", "bt": 1e9, "vs": "on"},
    )
    normal, critical = decode_pack(payload, "g")
    assert [record.seq for record in normal.records] == [1, 2]
    assert (critical.lane, critical.clock, critical.backfill) == (Lane.CRITICAL, ClockState.UNSYNCHRONISED, True)
    assert critical.records == [Record(5, "b/y", "", 1e9, "on", Quality.UNCERTAIN, "clock")], "its time is a guess"


def test_quality_and_its_reason_come_along():
    record = only(one(q="uncertain", qr="clock"))
    assert (record.quality, record.reason) == (Quality.UNCERTAIN, "clock")


def test_base_and_own_name_are_joined_and_the_base_name_stays():
    payload = pack(
        head(1, 3) | {"bn": "g/room/", "n": "x", "bt": BASE_S, "v": 1}, {"n": "y", "v": 2}, {"bn": "g/room/z", "v": 3}
    )
    (segment,) = decode_pack(payload, "g")
    assert [record.series for record in segment.records] == ["room/x", "room/y", "room/z"]


def test_an_own_name_holds_for_its_own_record_only():
    payload = pack(head(1, 2) | {"bn": "g/room/x", "n": "y", "bt": BASE_S, "v": 1}, {"v": 2})
    (segment,) = decode_pack(payload, "g")
    assert [record.series for record in segment.records] == ["room/xy", "room/x"]


def test_a_base_unit_is_for_numbers_without_their_own_and_a_slash_is_none():
    payload = pack(
        head(1, 4) | {"bn": "g/a/x", "bt": BASE_S, "bu": "Cel", "v": 1}, {"u": "/", "v": 2}, {"vb": False}, {"v": 3}
    )
    (segment,) = decode_pack(payload, "g")
    assert [record.unit for record in segment.records] == ["Cel", "", "", "Cel"]


def test_a_base_value_is_added_to_numbers_and_stands_for_missing_ones():
    payload = pack(head(1, 4) | {"bn": "g/a/x", "bt": BASE_S, "bv": 20, "v": 1.5}, {}, {"vs": "on"}, {"bv": 0, "v": 4})
    (segment,) = decode_pack(payload, "g")
    assert [record.value for record in segment.records] == [21.5, 20.0, "on", 4.0]


def test_sums_and_update_times_are_read_and_left():
    assert only(one(bs=5, s=2.5, ut=60)).value == 1.0


def test_whole_numbers_are_numbers():
    value = only(one(v=22)).value
    assert (value, type(value)) == (22.0, float)


def test_times_below_two_to_the_28_are_relative_to_reception():
    assert only(one(bt=None, t=-12.5), now_s=BASE_S).time_s == BASE_S - 12.5
    assert only(one(bt=2**28 - 1, t=0), now_s=BASE_S).time_s == BASE_S + 2**28 - 1
    assert only(one(bt=2**28 - 1, t=1), now_s=BASE_S).time_s == 2**28


def test_the_noise_of_adding_times_is_taken_away():
    assert only(one(bt=1_795_417_200.1, t=0.2)).time_s == 1_795_417_200.3


def test_labels_that_nobody_knows_are_ignored():
    assert only(one(thinned=3, colour={"deep_": [1]})).value == 1.0


def test_a_text_may_look_like_a_label():
    assert only(one(v=None, vs='x_":1,"y_": ')).value == 'x_":1,"y_": '


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"", "truncated"),
        (b"[]", "a pack holds at least one record"),
        (b"{}", "Expected `array`, got `object`"),
        (b"[" * 100_000, "record 0: Expected `object`"),
        (b'[{"x":' + b"[" * 100_000, "recursion"),
        (b"\x00\xff", "malformed"),
        (b'[{"vs":"\xff"}]', "utf-8"),
        (b"x\x9cnothing", "damaged"),
        (zlib.compress(one())[:-3], "cut short"),
        (zlib.compress(one()) + b"x", "after its end"),
        (zlib.compress(b" " * (PACK_BYTES_MAX + 1)), f"more than {PACK_BYTES_MAX} bytes"),
        (b" " * (PACK_BYTES_MAX + 1), f"at most {PACK_BYTES_MAX}"),
        (b"[" + b"{}," * RECORDS_MAX + b"{}]", f"more than {RECORDS_MAX} records"),
        (one(v="hot"), r"record 0: Expected `float`, got `str` - at `\$\[0\].v`"),
        (one(v=True), "record 0: Expected `float`, got `bool`"),
        (one(vb=1, v=None), "record 0: Expected `bool`"),
        (one().replace(b"1.0", b"NaN"), "malformed"),
        (one().replace(b"1.0", b"1e999"), "record 0: Number out of range"),
        (one(v=1.0, bv=1.7e308).replace(b"1.0", b"1.7e308"), "record 0: value inf"),
        (one(v=1.0, vb=True), r"record 0: 2 values \(v, vb\)"),
        (one(v=None, vs="a", vb=True), r"record 0: 2 values \(vs, vb\)"),
        (one(v=None), "record 0: no value"),
        (one(v=None, s=5), "record 0: no value"),
        (one(v=None, vd="aGk"), "record 0: data values"),
        (one(bver=11), "record 0: SenML version 11; versions up to 10"),
        (one(flags_=1), "record 0: label 'flags_' has to be understood"),
        (one().replace(b'"bt"', b'"x\\u005F":1,"bt"'), "record 0: label 'x_'"),
        (one(bt=1e300), "record 0: time 1e[+]300"),
        (one(bt=1.7e308, t=1.7e308), "record 0: time inf"),
        (one(bn=None), "record 0: series '' does not begin with 'g/'"),
        (one(bn="other/room/x"), "record 0: series 'other/room/x' does not begin"),
        (one(bn="g/room"), "record 0: series 'g/room' is not named"),
        (one(bn="g/room/a/b"), "record 0: series"),
        (one(bn="g/room/a b"), "record 0: series"),
        (one(bn="g/room/x\n"), "record 0: series"),
        (one(epoch=None), "record 0: a segment begins with epoch, lane, first and last"),
        (one(lane=None), "record 0: a segment begins"),
        (one(first=None), "record 0: a segment begins"),
        (one(epoch="3f2a9c1b7d10e644"), "record 0: epoch '3f2a9c1b7d10e644' has no count"),
        (one(epoch="xyz-1"), "record 0: "),
        (one(lane="fast"), "record 0: unknown lane 'fast'"),
        (one(first=0), "record 0: "),
        (one(first=1.5), "record 0: "),
        (one(last=2), "record 0: the segment 1 to 2 has 1 records"),
        (one(first=3, last=1), "record 0: the segment 3 to 1 has 1 records"),
        (one(last=2**60), "record 0: "),
        (one(q="odd"), "record 0: Invalid enum value 'odd'"),
        (one(qr="x" * 65), "record 0: "),
        (one(clock="late"), "record 0: Invalid enum value 'late'"),
        (one(bu="x" * 65), "record 0: "),
    ],
)
def test_a_pack_that_breaks_a_rule_is_refused_with_its_place(payload, message):
    with pytest.raises(SenmlError, match=message):
        decode_pack(payload, "g")


def test_the_record_at_fault_is_named():
    good = head(1, 3) | {"bn": "g/a/x", "bt": BASE_S, "v": 1}
    for bad in ({"v": None}, {}, {"v": 1, "vs": "x"}, {"v": 1, "x_": 1}):
        with pytest.raises(SenmlError, match="record 2: ") as caught:
            decode_pack(pack(good, {"v": 2}, bad), "g")
        assert caught.value.record == 2


def test_the_segment_that_is_too_short_is_named():
    first = head(1, 1) | {"bn": "g/a/x", "bt": BASE_S, "v": 1}
    short = head(2, 4) | {"v": 2}
    with pytest.raises(SenmlError, match="record 1: the segment 2 to 4 has 2 records"):
        decode_pack(pack(first, short, {"v": 3}, head(9, 9) | {"v": 4}), "g")


values = st.one_of(st.booleans(), st.text(max_size=8), st.floats(allow_nan=False, allow_infinity=False, width=32))
readings = st.tuples(st.sampled_from(["a/x", "a/y", "b-c/z.w"]), st.integers(0, 10**9), values)
LABELS = {bool: "vb", str: "vs", float: "v"}


def written(group, first, base_us):
    """A segment as a gateway writes it: base name where the series changes, times relative to the base."""
    series = None
    for name, offset_us, value in group:
        record = {"t": offset_us / 1e6, LABELS[type(value)]: value}
        if series is None:
            record |= {"bt": base_us / 1e6, **head(first, first + len(group) - 1)}
        if series != name:
            record["bn"] = f"g/{name}"
        series = name
        yield record


@given(st.lists(st.lists(readings, min_size=1, max_size=6), min_size=1, max_size=4), st.integers(10**15, 2 * 10**15))
def test_what_is_written_is_what_is_read(groups, base_us):
    records, expected, first = [], [], 1
    for group in groups:
        records += written(group, first, base_us)
        expected += [(name, (base_us + offset) / 1e6, value) for name, offset, value in group]
        first += len(group)
    segments = decode_pack(zlib.compress(pack(*records)), "g")
    found = [record for segment in segments for record in segment.records]
    assert [(record.series, record.time_s, record.value) for record in found] == expected
    assert [type(record.value) for record in found] == [type(value) for _, _, value in expected]
    assert [record.seq for record in found] == list(range(1, first))


tokens = st.sampled_from([*'[]{},:"', '"v"', '"bn"', '"g/a/x"', "1", "-2.5e3", "true", '"epoch"', '"n_"', "\\u005f"])
texts = st.one_of(st.binary(max_size=50), st.lists(tokens, max_size=30).map(lambda parts: "".join(parts).encode()))


@settings(max_examples=300)
@given(texts, st.integers(0, 400), st.integers(0, 255))
def test_whatever_arrives_is_read_or_refused(text, place, byte):
    damaged = bytearray(zlib.compress(one()))
    damaged[place % len(damaged)] = byte
    for payload in (text, zlib.compress(text), b"x" + text, bytes(damaged)):
        try:
            decode_pack(payload, "g")
        except SenmlError as error:
            assert str(error)  # noqa: PT017 - either outcome is right; anything else would have escaped
