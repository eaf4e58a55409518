"""A thinned segment stands for all of its numbers with fewer records, and says what they were."""

from __future__ import annotations

import json

import pytest

from gateway.core.reading import Quality
from gateway.core.senml import Extremes, Record, SenmlError, decode_pack

BASE_S = 1_795_417_200.25
HEAD = {"epoch": "3f2a9c1b7d10e644-2", "lane": "normal", "first": 17, "last": 26, "thinned": 60}
NAME = {"bn": "g/room/temperature", "bu": "Cel", "bt": BASE_S}
MEAN = {"t": 1.5, "v": 21.5, "count": 8, "min": 20.0, "max": 22.0, "tmin": 0.5, "tmax": 3.0}


def decoded(*records):
    (segment,) = decode_pack(json.dumps(records).encode(), "g")
    return segment


def refused(*records):
    with pytest.raises(SenmlError) as caught:
        decoded(*records)
    return str(caught.value)


def test_means_and_texts_come_with_what_they_stand_for():
    segment = decoded(
        HEAD | NAME | MEAN,
        {"t": 60.0, "v": 99.0, "q": "bad", "qr": "range", "count": 1},
        {"bn": "g/door/closed", "t": 2.0, "vb": True, "count": 1},
    )
    assert (segment.first, segment.last, segment.count, segment.thinned) == (17, 26, 10, 60)
    extremes = Extremes(20.0, 22.0, BASE_S + 0.5, BASE_S + 3.0)
    assert segment.records == [
        Record(17, "room/temperature", "Cel", BASE_S + 1.5, 21.5, Quality.GOOD, "", 8, extremes),
        Record(25, "room/temperature", "Cel", BASE_S + 60, 99.0, Quality.BAD, "range"),
        Record(26, "door/closed", "", BASE_S + 2, True, Quality.GOOD, ""),
    ]


def test_a_record_that_does_not_say_so_stands_for_one():
    assert [record.count for record in decoded(HEAD | NAME | {"v": 1, "last": 18}, {"v": 2}).records] == [1, 1]


def test_a_base_value_is_part_of_the_extremes():
    (record,) = decoded(HEAD | NAME | MEAN | {"bv": 100, "count": 10}).records
    assert (record.value, record.extremes.min, record.extremes.max) == (121.5, 120.0, 122.0)


def test_times_of_extremes_are_relative_to_reception_as_all_others():
    payload = json.dumps([HEAD | NAME | MEAN | {"bt": 0, "t": -5, "tmin": -6, "tmax": -4, "count": 10}]).encode()
    ((record,),) = (segment.records for segment in decode_pack(payload, "g", now_s=BASE_S))
    assert (record.extremes.tmin_s, record.extremes.tmax_s) == (BASE_S - 6, BASE_S - 4)


@pytest.mark.parametrize("count", [1, 7, 9, 2**53])
def test_counts_that_do_not_make_the_segment_are_refused(count):
    message = refused(HEAD | NAME | MEAN | {"count": count}, {"v": 1, "count": 2})
    assert message == f"record 0: the segment 17 to 26 stands for {count + 2} readings"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"count": 0}, "Expected `int` >= 1"),
        ({"count": 1.5}, "Expected `int`"),
        ({"count": 2**60}, "Expected `int` <="),
        ({"min": "low"}, "Expected `float`"),
        ({"min": 23.0}, "min 23.0 and max 22.0 are not in order"),
        ({"bv": 1.7e308, "min": 1.7e308, "max": 1.7e308}, "record 0: "),
        ({"tmin": 1e300}, "time 1e+300"),
        ({"thinned": -1}, "Expected `int` >= 0"),
        ({"thinned": 10**9}, "Expected `int` <="),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(labels, message):
    assert message in refused(HEAD | NAME | MEAN | {"count": 10} | labels)


@pytest.mark.parametrize("missing", ["min", "max", "tmin", "tmax"])
def test_extremes_come_together(missing):
    record = HEAD | NAME | MEAN | {"count": 10}
    del record[missing]
    assert refused(record) == "record 0: min, max, tmin and tmax come together"


@pytest.mark.parametrize("value", [{"vs": "on"}, {"vb": True}])
def test_only_numbers_have_extremes(value):
    record = HEAD | NAME | MEAN | value | {"count": 10}
    del record["v"]
    assert refused(record) == "record 0: only numbers have a min and a max"


def test_where_nothing_was_thinned_these_labels_mean_nothing():
    segment = decoded(HEAD | NAME | MEAN | {"thinned": 0, "last": 17})
    (record,) = segment.records
    assert (segment.thinned, record.count, record.extremes) == (0, 1, None)


def test_the_next_segment_is_not_thinned_unless_it_says_so():
    plain = {"epoch": HEAD["epoch"], "lane": "high", "first": 1, "last": 2, "v": 1}
    _, other = decode_pack(json.dumps([HEAD | NAME | MEAN | {"count": 10}, plain, {"v": 2}]).encode(), "g")
    assert (other.thinned, [record.seq for record in other.records]) == (0, [1, 2])
