"""Columns: what is written is read, and no bytes do more than be refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import columns
from gateway.core.columns import EXPONENT_MAX, WHOLE_MAX, ColumnsError, Cursor

whole = st.integers(0, WHOLE_MAX)
either = st.integers(-WHOLE_MAX, WHOLE_MAX)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
finite = st.floats(allow_nan=False, allow_infinity=False)
measured = st.integers(-(10**6), 10**6).map(lambda number: number / 100)


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (300, "ac02"), (WHOLE_MAX, "8080808080808010")],
)
def test_a_whole_number_has_seven_bits_in_each_byte(number, written):
    assert columns.varint(number).hex() == written
    assert Cursor(bytes.fromhex(written)).varint() == number


@pytest.mark.parametrize(
    ("number", "written"), [(0, "00"), (-1, "01"), (1, "02"), (-2, "03"), (-64, "7f"), (64, "8001")]
)
def test_a_sign_is_folded_into_the_lowest_bit(number, written):
    assert columns.signed(number).hex() == written
    assert Cursor(bytes.fromhex(written)).signed() == number


@pytest.mark.parametrize("number", [-1, 2**53 + 1])
def test_what_is_no_such_number_is_not_written(number):
    with pytest.raises(ColumnsError, match="is no number of 0 to"):
        columns.varint(number)


@given(st.lists(either, max_size=20))
def test_steps_come_back(numbers):
    cursor = Cursor(columns.steps(numbers))
    assert cursor.steps(len(numbers)) == numbers
    assert cursor.at_end


@given(st.lists(st.integers(0, 2**45), min_size=1, max_size=20))
def test_paces_come_back(numbers):
    cursor = Cursor(columns.paces(numbers))
    assert cursor.paces(len(numbers)) == numbers
    assert cursor.at_end


def test_an_even_pace_costs_a_byte_for_each_number():
    assert columns.paces([5, 1005, 2005, 3005]).hex() == "05d00f0000"


@given(st.lists(st.booleans(), max_size=40))
def test_booleans_come_back(flags):
    data = columns.bits(flags)
    assert len(data) == math.ceil(len(flags) / 8)
    assert Cursor(data).bits(len(flags)) == flags


@given(texts)
def test_a_text_comes_back(content):
    assert Cursor(columns.text(content)).text() == content


@given(st.lists(finite | measured | st.sampled_from([0.0, -0.0, 2.0**53, -(2.0**53), 1e-15, 1e22]), min_size=1))
def test_a_number_is_scaled_only_where_it_comes_back_to_the_bit(values):
    found = columns.scaled(values)
    if found is not None:
        exponent, numbers = found
        assert 0 <= exponent <= EXPONENT_MAX
        assert all(abs(number) <= WHOLE_MAX for number in numbers)
        again = [number / 10**exponent for number in numbers]
        assert list(map(repr, again)) == list(map(repr, map(float, values)))


@given(st.lists(measured.filter(lambda value: value or repr(value)[0] != "-"), min_size=1))
def test_what_a_sensor_says_is_scaled(values):
    exponent, _ = columns.scaled(values)
    assert exponent <= 2


@pytest.mark.parametrize("value", [-0.0, 1 / 3, 1e300, 2.0**53, 5e-324, math.nan, math.inf])
def test_what_no_whole_number_stands_for_is_not_scaled(value):
    assert columns.scaled([1.5, value]) is None


@pytest.mark.parametrize(
    ("written", "read", "message"),
    [
        ("", Cursor.varint, "1 bytes announced, 0 there"),
        ("80", Cursor.varint, "1 bytes announced, 0 there"),
        ("808080808080808001", Cursor.varint, "more than 8 bytes"),
        ("8180808080808010", Cursor.varint, "is beyond"),
        ("05616263", Cursor.text, "5 bytes announced, 3 there"),
        ("02c328", Cursor.text, "no UTF-8"),
        ("ffffffffffffff7f", lambda cursor: cursor.steps(1), "a number beyond"),
        ("0001", lambda cursor: cursor.paces(2), "not in 0 to"),
        ("04", lambda cursor: cursor.bits(2), "bits behind the last of 2"),
        ("00", lambda cursor: cursor.doubles(1), "8 bytes announced"),
    ],
)
def test_what_is_no_column_is_refused_with_its_place(written, read, message):
    with pytest.raises(ColumnsError, match=rf"byte \d+: .*{message}"):
        read(Cursor(bytes.fromhex(written)))
