"""Texts to values: every text has one meaning for each wanted type, or none."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import scalars
from gateway.config.scalars import UnfitError
from gateway.config.wording import duration_text, plain, size_text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("250ms", 0.25), ("10s", 10), ("5m", 300), ("2h", 7200), ("1d", 86_400), ("1.5s", 1.5), ("0s", 0), ("100ms", 0.1)],
)
def test_a_duration_is_a_number_and_its_unit(text, seconds):
    assert scalars.duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "n_bytes"),
    [
        ("64kB", 64_000),
        ("64MB", 64_000_000),
        ("1GB", 10**9),
        ("4KiB", 4096),
        ("2MiB", 2**21),
        ("0B", 0),
        ("1.5kB", 1500),
    ],
)
def test_a_size_is_a_number_and_its_unit(text, n_bytes):
    assert scalars.size(text) == n_bytes


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("5", "write 5s"),
        ("2.5", "write 2.5s"),
        ("5 s", "write 5s"),
        ("5S", ""),
        ("05s", ""),
        ("-5s", ""),
        ("1h30m", ""),
        ("5min", ""),
        ("1e3s", ""),
        (".5s", ""),
        ("s", ""),
        ("5s\n", ""),
        ("\u0663s", ""),
        ("9" * 400 + "s", ""),
    ],
)
def test_what_is_no_duration_is_refused_with_what_to_write(text, hint):
    with pytest.raises(UnfitError, match="allowed a duration such as 250ms") as caught:
        scalars.duration(text)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("text", "hint"), [("64", "write 64MB"), ("64 MB", "write 64MB"), ("64mb", ""), ("64M", ""), ("64 s", ""), ("", "")]
)
def test_what_is_no_size_is_refused_with_what_to_write(text, hint):
    with pytest.raises(UnfitError, match="allowed a size such as 64kB") as caught:
        scalars.size(text)
    assert caught.value.hint == hint


def test_a_size_is_a_whole_number_of_bytes():
    with pytest.raises(UnfitError, match="allowed a whole number of bytes"):
        scalars.size("0.0001kB")


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("-7", -7), ("+7", 7), ("0x44", 0x44), ("0xfF", 0xFF), ("0o17", 15), ("1000000", 10**6)],
)
def test_a_whole_number_may_be_hexadecimal(text, value):
    assert scalars.integer(text) == value


@pytest.mark.parametrize(
    "text",
    ["010", "1_000", "12:30:45", "1.0", "1e3", "0b1", "0x", "-0x1", "", "on", "\uff11", "9" * 5000, "1 ", "0X10"],
)
def test_what_has_two_meanings_is_no_whole_number(text):
    with pytest.raises(UnfitError, match="allowed a whole number"):
        scalars.integer(text)


@pytest.mark.parametrize(("text", "hint"), [("010", "write 10"), ("-007", "write -7"), ("0" * 5000, "")])
def test_a_leading_zero_is_explained(text, hint):
    with pytest.raises(UnfitError) as caught:
        scalars.integer(text)
    assert caught.value.hint == (hint and f"a leading zero could mean octal; {hint}")


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1), ("-0.25", -0.25), ("1e3", 1000), ("2.5E-3", 0.0025), ("0x10", 16)]
)
def test_a_number_may_have_a_fraction_and_an_exponent(text, value):
    assert scalars.decimal(text) == value


@pytest.mark.parametrize("text", [".inf", "-.inf", ".nan", "nan", "inf", "1e999", "12:30:45", "010", "1,5", ".5", "5."])
def test_a_number_is_finite_and_written_in_one_way(text):
    with pytest.raises(UnfitError, match="allowed a number"):
        scalars.decimal(text)


@pytest.mark.parametrize(("words", "value"), [("true True TRUE on yes", True), ("false False FALSE off no", False)])
def test_a_boolean_has_the_words_of_a_switch(words, value):
    assert [scalars.boolean(word) for word in words.split()] == [value] * 5


@pytest.mark.parametrize("text", ["1", "0", "y", "n", "tRUE", "ON", "", "null"])
def test_other_words_are_no_boolean(text):
    with pytest.raises(UnfitError, match="allowed true or false"):
        scalars.boolean(text)


def outcome(read, text):
    try:
        return read(text)
    except UnfitError as error:
        return error


@given(st.text())
def test_every_text_is_a_finite_value_or_a_short_message(text):
    for read in (scalars.boolean, scalars.integer, scalars.decimal, scalars.duration, scalars.size):
        found = outcome(read, text)
        if isinstance(found, UnfitError):
            assert len(str(found)) < 200
            assert str(found).isprintable()
        else:
            assert math.isfinite(found)


@given(st.integers(0, 10**9).map(lambda ms: ms / 1000) | st.integers(0, 10**6).map(float))
def test_a_duration_is_written_so_that_it_is_read_back(seconds):
    assert scalars.duration(duration_text(seconds)) == seconds


@given(st.integers(0, 10**15))
def test_a_size_is_written_so_that_it_is_read_back(n_bytes):
    assert scalars.size(size_text(n_bytes)) == n_bytes


@given(st.integers(-(10**12), 10**12).map(lambda n: n / 10**6) | st.integers(-(10**9), 10**9).map(float))
def test_a_number_is_written_so_that_it_is_read_back(number):
    assert scalars.decimal(plain(number)) == number


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.25, "250ms"), (90.0, "90s"), (60.0, "1m"), (86_400.0, "1d"), (1.5, "1.5s"), (0.0, "0s")]
)
def test_a_duration_is_written_in_its_largest_whole_unit(seconds, text):
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("n_bytes", "text"), [(64_000_000, "64MB"), (1_048_576, "1MiB"), (65_536, "64KiB"), (1500, "1500B"), (0, "0B")]
)
def test_a_size_is_written_in_its_largest_whole_unit(n_bytes, text):
    assert size_text(n_bytes) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(18, "18"), (18.0, "18"), (0.4, "0.4"), (1e-6, "0.000001"), (-40.0, "-40"), (100, "100"), (1e6, "1000000")],
)
def test_a_number_is_written_without_needless_digits(number, text):
    assert plain(number) == text


def test_a_size_per_day_is_a_size_and_a_day():
    assert scalars.daily("20MB/day") == 20_000_000


@pytest.mark.parametrize("text", ["20MB", "20 MB/day", "20MB/hour", "/day", "20/day", "20MB/day/day", ""])
def test_what_is_no_size_per_day_is_refused(text):
    with pytest.raises(scalars.UnfitError, match="a size per day such as 20MB/day"):
        scalars.daily(text)
