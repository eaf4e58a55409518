from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.platinum import HIGHEST_RATIO, LOWEST_RATIO, celsius_at, ratio_at

TABLE = [
    (-200.0, 18.52),
    (-150.0, 39.72),
    (-100.0, 60.26),
    (-50.0, 80.31),
    (0.0, 100.0),
    (25.0, 109.73),
    (100.0, 138.51),
    (200.0, 175.86),
    (400.0, 247.09),
    (850.0, 390.48),
]
"""Cel and Ohm of a PT100, by table 1 of the standard."""


@pytest.mark.parametrize(("celsius", "ohm"), TABLE)
def test_a_resistance_is_that_of_the_standards_table(celsius, ohm):
    assert 100 * ratio_at(celsius) == pytest.approx(ohm, abs=0.006)


@pytest.mark.parametrize(("celsius", "ohm"), TABLE[1:-1])
def test_a_temperature_is_that_of_the_standards_table(celsius, ohm):
    assert celsius_at(ohm / 100) == pytest.approx(celsius, abs=0.016)


@given(st.floats(-200.0, 850.0))
def test_there_and_back_is_the_same_temperature(celsius):
    assert celsius_at(ratio_at(celsius)) == pytest.approx(celsius, abs=1e-9)


@given(st.floats(LOWEST_RATIO, HIGHEST_RATIO), st.floats(LOWEST_RATIO, HIGHEST_RATIO))
def test_more_resistance_is_never_colder(one, other):
    low, high = sorted((one, other))
    assert -200.0 <= celsius_at(low) <= celsius_at(high) + 1e-9 <= 850.0 + 1e-9


@pytest.mark.parametrize("ratio", [0.0, 0.185, 3.905, 76.0, -1.0, float("nan"), float("inf")])
def test_what_no_temperature_has_is_refused_with_what_is_allowed(ratio):
    with pytest.raises(ValueError, match=r"allowed 0\.1852 to 3\.9048"):
        celsius_at(ratio)
