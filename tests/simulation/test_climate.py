from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.simulated import climate
from drivers.simulated.climate import Air, Forcing

AIR = Air(temperature=18.0, probe=17.5, vapour=9.0)
FORCING = Forcing(
    outside=8.0,
    outside_vapour=6.0,
    power=3000.0,
    loss=100.0,
    heat_capacity=200_000.0,
    air_change=2 / 3600,
    vapour_source=4 / 3600,
    probe_lag=8.0,
)

airs = st.builds(Air, temperature=st.floats(-30, 60), probe=st.floats(-30, 60), vapour=st.floats(0, 40))
forcings = st.builds(
    Forcing,
    outside=st.floats(-40, 50),
    outside_vapour=st.floats(0, 40),
    power=st.floats(0, 1e5),
    loss=st.floats(1, 1e4),
    heat_capacity=st.floats(1e3, 1e8),
    air_change=st.floats(1e-6, 0.1),
    vapour_source=st.floats(0, 1),
    probe_lag=st.floats(0.01, 1e4),
)
times = st.floats(0, 1e5)


def integrated(air: Air, forcing: Forcing, seconds: float, pieces: int) -> Air:
    """The same by small steps of the differential equations themselves."""
    dt = seconds / pieces
    for _ in range(pieces):
        flow = forcing.power - forcing.loss * (air.temperature - forcing.outside)
        drying = forcing.air_change * (forcing.outside_vapour - air.vapour) + forcing.vapour_source
        air = Air(
            air.temperature + dt * flow / forcing.heat_capacity,
            air.probe + dt * (air.temperature - air.probe) / forcing.probe_lag,
            air.vapour + dt * drying,
        )
    return air


@pytest.mark.parametrize("lag", [0.5, 8.0, 1999.0, 2000.0, 5000.0])
def test_the_closed_form_is_what_small_steps_come_to(lag):
    forcing = dataclasses.replace(FORCING, probe_lag=lag)
    exact, small = climate.step(AIR, forcing, 600.0), integrated(AIR, forcing, 600.0, 60_000)
    assert exact.temperature == pytest.approx(small.temperature, abs=1e-3)
    assert exact.probe == pytest.approx(small.probe, abs=2e-3)
    assert exact.vapour == pytest.approx(small.vapour, abs=1e-3)


@given(airs, forcings, times, times)
def test_two_steps_are_one_of_their_length_together(air, forcing, first, second):
    once = climate.step(air, forcing, first + second)
    twice = climate.step(climate.step(air, forcing, first), forcing, second)
    settled = forcing.outside + forcing.power / forcing.loss
    # The probe's closed form takes differences of large numbers where its lag is near the room's time constant.
    for name, scale in (("temperature", settled), ("probe", settled * 1e3), ("vapour", 1.0)):
        assert getattr(twice, name) == pytest.approx(getattr(once, name), rel=1e-6, abs=1e-6 * max(1.0, abs(scale)))


@given(airs, forcings, times)
def test_the_room_goes_towards_where_it_settles_and_never_past_it(air, forcing, seconds):
    settled = forcing.outside + forcing.power / forcing.loss
    after = climate.step(air, forcing, seconds).temperature
    low, high = sorted((air.temperature, settled))
    assert low - 1e-6 <= after <= high + 1e-6


@given(airs, forcings, times, st.floats(1, 1e5))
def test_more_heat_never_makes_it_colder(air, forcing, seconds, more):
    warmer = dataclasses.replace(forcing, power=forcing.power + more)
    assert climate.step(air, warmer, seconds).temperature >= climate.step(air, forcing, seconds).temperature - 1e-9


@given(airs, forcings)
def test_no_time_changes_nothing(air, forcing):
    after = climate.step(air, forcing, 0.0)
    assert dataclasses.astuple(after) == pytest.approx(dataclasses.astuple(air), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("temperature", "vapour"), [(0.0, 4.85), (20.0, 17.3), (30.0, 30.4), (-10.0, 2.36)])
def test_saturated_air_holds_what_the_tables_say(temperature, vapour):
    assert climate.saturation(temperature) == pytest.approx(vapour, rel=0.02)


@given(st.floats(0, 60), st.floats(-30, 49), st.floats(0.1, 10))
def test_warmed_air_is_drier_by_the_humidity_that_is_relative(vapour, temperature, more):
    cold = climate.relative_humidity(vapour, temperature)
    warm = climate.relative_humidity(vapour, temperature + more)
    assert 0 <= warm <= cold <= 100


@pytest.mark.parametrize(("hour", "temperature"), [(15, 12.0), (3, 4.0), (9, 8.0), (21, 8.0), (39, 12.0)])
def test_outside_it_is_warmest_in_the_afternoon(hour, temperature):
    assert climate.outside_temperature(8.0, 4.0, hour * 3600) == pytest.approx(temperature)


@given(st.floats(0, 1e7))
def test_light_is_between_night_and_noon(day_s):
    assert 0.0 <= climate.daylight(40_000.0, day_s) <= 40_000.0


def test_light_is_at_its_peak_at_noon_and_gone_at_night():
    assert climate.daylight(40_000.0, 12 * 3600) == pytest.approx(40_000.0)
    assert [climate.daylight(40_000.0, hour * 3600) for hour in (0, 5.9, 18.1, 30 - 24 + 18)] == [0.0] * 4
