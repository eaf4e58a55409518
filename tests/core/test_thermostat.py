"""When the heater is on: below the band, not above it, as it was within, and never blindly."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.thermostat import heater_should_be

SETPOINT, HYSTERESIS = 18.0, 0.4
temperatures = st.floats(-50, 150)


@pytest.mark.parametrize(("temperature", "was_off", "was_on"), [
    (17.79, True, True),
    (17.8, False, True),
    (18.0, False, True),
    (18.2, False, True),
    (18.21, False, False),
])  # fmt: skip
def test_the_band_around_the_set_point(temperature, was_off, was_on):
    assert heater_should_be(temperature, SETPOINT, HYSTERESIS, on=False) is was_off
    assert heater_should_be(temperature, SETPOINT, HYSTERESIS, on=True) is was_on


@pytest.mark.parametrize("on", [True, False])
def test_without_a_temperature_it_is_off(on):
    assert heater_should_be(None, SETPOINT, HYSTERESIS, on=on) is False


@given(temperatures, st.floats(5, 30), st.floats(0.01, 20), st.booleans())
def test_what_was_decided_is_decided_again(temperature, setpoint, hysteresis, on):
    decided = heater_should_be(temperature, setpoint, hysteresis, on=on)
    assert heater_should_be(temperature, setpoint, hysteresis, on=decided) is decided


@given(temperatures, temperatures, st.booleans())
def test_warmer_never_switches_it_on(colder, warmer, on):
    colder, warmer = sorted((colder, warmer))
    assert heater_should_be(colder, SETPOINT, HYSTERESIS, on=on) >= heater_should_be(
        warmer, SETPOINT, HYSTERESIS, on=on
    )


@given(st.lists(st.floats(-0.19, 0.19)), st.booleans())
def test_noise_within_the_band_never_switches(noise, on):
    for deviation in noise:
        assert heater_should_be(SETPOINT + deviation, SETPOINT, HYSTERESIS, on=on) is on


def test_a_room_is_kept_within_the_band_and_a_step():
    """A room that cools by a tenth of a degree a step and is heated by two tenths."""
    temperature, on, seen = 10.0, False, []
    for _ in range(500):
        on = heater_should_be(temperature, SETPOINT, HYSTERESIS, on=on)
        temperature += 0.1 if on else -0.1
        seen.append(temperature)
    settled = seen[200:]
    assert min(settled) >= SETPOINT - HYSTERESIS / 2 - 0.1001
    assert max(settled) <= SETPOINT + HYSTERESIS / 2 + 0.1001
    assert not math.isclose(min(settled), max(settled))
