"""The last measurement: given while it counts as one; before the first, and after the last, an error says which."""

from __future__ import annotations

import pytest

from drivers.base import NoAnswerError, NotYetError
from drivers.latest import Latest
from tests.simulation.virtual_clock import VirtualClock


@pytest.fixture
def clock():
    return VirtualClock(100.0)


@pytest.fixture
def latest(clock):
    made = Latest(clock, 10.0)
    made.forget()
    return made


def test_before_the_first_the_part_is_well_for_as_long_as_one_may_take(latest, clock):
    for _ in range(3):
        with pytest.raises(NotYetError, match="sensor: no measurement yet"):
            latest.get("sensor")
        clock.sleep(5.0)
    with pytest.raises(NoAnswerError) as ended:
        latest.get("sensor")
    assert not isinstance(ended.value, NotYetError)


def test_a_measurement_stands_until_it_is_too_old_and_then_the_part_has_stopped(latest, clock):
    latest.keep({"co2": 4e-4})
    clock.sleep(10.0)
    assert latest.get("sensor") == {"co2": 4e-4}
    clock.sleep(0.1)
    with pytest.raises(NoAnswerError, match="no new measurement for 10 s") as ended:
        latest.get("sensor")
    assert not isinstance(ended.value, NotYetError)


def test_set_up_again_it_begins_again(latest, clock):
    latest.keep({"co2": 4e-4})
    clock.sleep(60.0)
    latest.forget()
    with pytest.raises(NotYetError):
        latest.get("sensor")


def test_a_measurement_of_nothing_is_a_failure_only_of_a_part_that_has_had_its_time(latest, clock):
    assert isinstance(latest.nothing("no CO2 at all"), NotYetError)
    clock.sleep(10.1)
    assert not isinstance(latest.nothing("no CO2 at all"), NotYetError)
    latest.forget()
    latest.keep({"co2": 4e-4})
    assert not isinstance(latest.nothing("no CO2 at all"), NotYetError)
