"""A bad segment is named by its labels and costs no other one, in JSON and in CBOR."""

from __future__ import annotations

import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.senml import REASON_CHARACTERS_MAX, Pack, Rejected, SenmlError, decode_pack, read_pack
from gateway.core.senml_cbor import transcode
from gateway.core.senml_raw import RECORDS_MAX
from gateway.core.senml_salvage import SALVAGE_BYTES_MAX

BASE_S = 1_795_417_200.25


def labels(number, count):
    """The labels of the segment `number`, which no other one resembles."""
    return {
        "epoch": f"{number % 10}" * 16 + "-1",
        "lane": "normal",
        "first": 10 * number + 1,
        "last": 10 * number + count,
    }


def good(number, count=3, **more):
    """The records of a segment."""
    head = {"bn": "g/room/temperature", "bu": "Cel", "bt": BASE_S + number, **labels(number, count)}
    return [(head if at == 0 else {}) | {"t": float(at), "v": 20.5 + at} | more for at in range(count)]


def name(number, count=3):
    return tuple(labels(number, count).values())


def payload(*segments):
    return json.dumps([record for segment in segments for record in segment]).encode()


def both(data):
    """`data`, which is JSON, in every form that a pack can have."""
    return data, transcode(data), zlib.compress(data), zlib.compress(transcode(data))


def taken(pack):
    return [(segment.epoch, segment.lane.label, segment.first, segment.last) for segment in pack.segments]


def put_aside(pack):
    return [(one.epoch, one.lane, one.first, one.last) for one in pack.rejected]


def change(at, **labels_):
    """A damage that sets labels of the record `at`; None takes one out."""

    def damaged(records):
        changed = records[at] | labels_
        records[at] = {label: value for label, value in changed.items() if value is not None}
        return records

    return damaged


DAMAGES = [
    *(change(at, v=value) for at in (0, 1, 2) for value in ("hot", None, True, [1])),
    *(change(at, vs="x") for at in (0, 1)),
    *(change(at, odd_=1) for at in (0, 2)),
    change(0, bver=11),
    change(1, bn="h/room/x"),
    change(2, bn="g/room"),
    change(0, lane="fast"),
    change(1, bt=1e300),
    change(0, q="odd"),
    change(0, clock="late"),
    lambda records: records[:-1],
    lambda records: [*records, {"t": 9.0, "v": 1.0}],
]


@given(st.lists(st.none() | st.sampled_from(DAMAGES), min_size=1, max_size=6))
def test_bad_segments_are_named_and_good_ones_taken(damages):
    made = [good(number) for number in range(1, len(damages) + 1)]
    alone = [decode_pack(payload(records), "g")[0] for records in made]
    sent = [records if damage is None else damage(list(records)) for records, damage in zip(made, damages, strict=True)]
    fine = [segment for segment, damage in zip(alone, damages, strict=True) if damage is None]
    lanes = [records[0]["lane"] for records in sent]
    bad = [(name(at)[0], lanes[at - 1], *name(at)[2:]) for at, damage in enumerate(damages, 1) if damage is not None]
    for data in both(payload(*sent)):
        pack = read_pack(data, "g")
        assert (pack.segments, put_aside(pack), pack.unreadable) == (fine, bad, [])


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_a_good_pack_is_read_as_ever(counts):
    for data in both(payload(*(good(at, count) for at, count in enumerate(counts)))):
        assert read_pack(data, "g") == Pack(decode_pack(data, "g"))


def test_the_reason_names_the_record_and_is_short():
    pack = read_pack(payload(good(1), change(1, bn="g/" + "x" * 500)(good(2))), "g")
    assert [*put_aside(pack)] == [name(2)]
    assert pack.rejected[0].reason.startswith("record 4: series 'g/xxx")
    assert len(pack.rejected[0].reason) == REASON_CHARACTERS_MAX


BROKEN = [(b"20.5", b"NaN"), (b"20.5", b"2O.5"), (b"21.5", b""), (b"22.5", b"1e999"), (b'"t": 1.0', b'"t": "\xff"')]


@pytest.mark.parametrize(("old", "new"), BROKEN)
def test_a_value_that_is_no_json_spoils_its_own_segment_only(old, new):
    parts = [payload(good(number))[1:-1] for number in (1, 2, 3)]
    parts[1] = parts[1].replace(old, new)
    pack = read_pack(b"[" + b",".join(parts) + b"]", "g")
    assert (taken(pack), put_aside(pack)) == ([name(1), name(3)], [name(2)])


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_text_without_an_end_leaves_what_came_before(at):
    parts = [payload(good(number))[1:-1] for number in (1, 2, 3)]
    parts[1] = payload(change(at, v=None, vs="open")(good(2)))[1:-1].replace(b'open"', b"open")
    pack = read_pack(b"[" + b",".join(parts) + b"]", "g")
    # The third one is not seen and not condemned: it comes again.
    assert (taken(pack), put_aside(pack)) == ([name(1)], [name(2)])


def test_the_segment_before_a_break_is_taken_when_it_is_complete():
    for tail in (b',{"bn":"g/a', b',{"bn', b",", b",}", b"", b"]rest"):
        pack = read_pack(payload(good(1))[:-1] + tail, "g")
        assert (taken(pack), put_aside(pack)) == ([name(1)], [])


def test_the_labels_behind_a_break_are_those_of_another_segment():
    whole = payload(good(1, 2), good(2), good(3))
    # The second record begins with a quotation mark, so that texts and structure change places.
    second = whole.index(b'{"t": 1.0')
    pack = read_pack(whole[:second] + b'"' + whole[second + 1 :], "g")
    assert (taken(pack), put_aside(pack)) == ([], [name(1, 2)])


def test_a_pack_in_cbor_that_breaks_leaves_what_came_before():
    whole = transcode(payload(good(1), good(2)))
    first = len(transcode(payload(good(1))))
    for cut in range(first, len(whole)):
        pack = read_pack(b"\x9f" + whole[1:cut], "g")
        assert taken(pack) == [name(1)]
        assert set(put_aside(pack)) <= {name(2)}


def test_records_without_labels_before_the_first_segment_are_lost_alone():
    pack = read_pack(payload([{"bn": "g/a/x", "v": 1}], good(1)), "g")
    assert taken(pack) == [name(1)]
    assert pack.unreadable == ["record 0: a segment begins with epoch, lane, first and last"]


@pytest.mark.parametrize(
    "wrong",
    [{"first": 4, "last": 1}, {"last": RECORDS_MAX + 100}, {"epoch": "1" * 16}, {"epoch": "x"}, {"first": 0}],
)
def test_labels_that_could_condemn_others_are_not_believed(wrong):
    for data in both(payload(good(1), change(0, **wrong)(good(2)))):
        pack = read_pack(data, "g")
        assert (taken(pack), pack.rejected, len(pack.unreadable)) == ([name(1)], [], 1)


def test_what_a_bad_segment_sets_still_holds_after_it():
    bad = [*good(1), {"bn": "g/a/x", "bu": "Pa", "bt": 1e9, "v": "bad"}]
    # Its name is known although its value is not: the labels of a record that can be read count.
    after = [{**labels(2, 1), "v": 5.0}]
    spoilt = change(1, bu="Pa", bn="g/a/x")(change(0, v=None)(good(1)))
    (record,) = read_pack(payload(spoilt, after), "g").segments[0].records
    assert (record.series, record.unit) == ("a/x", "Pa")
    # Of a record that cannot be read nothing is known, so the next segment has no name.
    pack = read_pack(payload(bad, after), "g")
    assert (taken(pack), put_aside(pack), len(pack.unreadable)) == ([name(1)], [name(2, 1)], 1)


def test_nothing_that_can_be_read_is_an_error():
    for data in (b"", b"[]", b"junk", b"{}", b"[1,2]", b"\x80", b"\x9f", b"\x81\x01", b"x\x9c", b'[{"v":1}]', b"[,,]"):
        with pytest.raises(SenmlError):
            read_pack(data, "g")


def test_a_bad_pack_that_is_too_large_is_not_gone_through():
    bad = payload(good(1), change(0, v="hot")(good(2)))
    with pytest.raises(SenmlError, match="Expected `float`"):
        read_pack(bad + b" " * SALVAGE_BYTES_MAX, "g")
    with pytest.raises(SenmlError, match=f"more than {RECORDS_MAX} records"):
        read_pack(b"[" + b"," * (RECORDS_MAX + 1) + b"]", "g")


@settings(max_examples=300)
@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.data(), st.booleans())
def test_one_damaged_byte_condemns_no_other_segment(counts, data, cbor):
    whole = payload(*(good(at, count) for at, count in enumerate(counts)))
    damaged = bytearray(transcode(whole) if cbor else whole)
    at = data.draw(st.integers(0, len(damaged) - 1))
    damaged[at] = data.draw(st.integers(0, 255) | st.sampled_from(b'{}[]",:\\'))
    try:
        pack = read_pack(bytes(damaged), "g")
    except SenmlError:
        return
    right = [name(at, count) for at, count in enumerate(counts)]
    wrong = [one for one in put_aside(pack) if one in right]
    assert len(wrong) <= 1
    assert not set(wrong) & set(taken(pack))


tokens = st.sampled_from(
    [*'[]{},:"', '"v"', '"bn"', '"g/a/x"', "1", "-2.5e3", "NaN", '"epoch":', '"1111111111111111-1"']
)
noise = st.binary(max_size=50) | st.lists(tokens, max_size=30).map(lambda parts: "".join(parts).encode())


@settings(max_examples=300)
@given(noise)
def test_whatever_arrives_is_read_or_refused(data):
    for sent in (data, b"\x9f" + data, zlib.compress(b"[" + data)):
        try:
            pack = read_pack(sent, "g")
        except SenmlError as error:
            assert str(error)  # noqa: PT017 - either outcome is right; anything else would have escaped
        else:
            assert pack.segments or pack.rejected


def test_a_rejection_says_what_and_why():
    (one,) = read_pack(payload(change(0, lane="fast")(good(1))), "g").rejected
    why = "record 0: unknown lane 'fast'; lanes are critical, high, normal, low"
    assert one == Rejected("1" * 16 + "-1", "fast", 11, 13, why)
