"""Faults that come and go by themselves in the simulated world."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BusError, ChecksumError, DriverError, NoAnswerError
from drivers.simulated.faults import Faults
from drivers.simulated.planned import FIELDS, FaultKind, PlannedFault
from tests.simulation.greenhouse import Site

ONCE = PlannedFault(device="room", what=FaultKind.ABSENT, at_s=600.0, lasts_s=60.0)
HOURLY = PlannedFault(device="room", what=FaultKind.ABSENT, at_s=600.0, lasts_s=60.0, every_s=3600.0)


@pytest.mark.parametrize(
    ("now_s", "once", "hourly"),
    [
        (0.0, False, False), (599.9, False, False), (600.0, True, True), (659.9, True, True), (660.0, False, False),
        (4200.0, False, True), (4260.0, False, False), (7800.0, False, True),
    ],
)  # fmt: skip
def test_a_fault_is_there_from_its_beginning_for_as_long_as_it_lasts_and_again_where_it_comes_again(
    now_s, once, hourly
):
    assert (ONCE.is_on(now_s), HOURLY.is_on(now_s)) == (once, hourly)


@given(st.integers(0, 10**6), st.integers(1, 1000), st.integers(0, 10**6))
def test_one_that_never_comes_again_is_over_once_it_was(at_s, lasts_s, later_s):
    fault = PlannedFault(device="room", what=FaultKind.STUCK, at_s=at_s, lasts_s=lasts_s)
    assert not fault.is_on(at_s + lasts_s + later_s)


def test_one_that_would_never_end_is_refused():
    with pytest.raises(ValueError, match="every 60 s, which has to be longer than it lasts, 300 s"):
        PlannedFault(device="room", what=FaultKind.HUNG, every_s=60.0)


def test_every_kind_is_a_field_that_is_none_where_nothing_is_wrong():
    faults = Faults()
    assert set(FIELDS) == set(FaultKind)
    assert not any(getattr(faults, field) for field, _ in FIELDS.values())


def planned(device: str, what: FaultKind) -> Site:
    fault = PlannedFault(device=device, what=what, at_s=600.0, lasts_s=600.0)
    return Site(seed=7, speed=60.0, faults={"it": fault})


@pytest.mark.parametrize(
    ("device", "what", "error"),
    [
        ("room", FaultKind.ABSENT, NoAnswerError),
        ("room", FaultKind.HUNG, BusError),
        ("room", FaultKind.CORRUPT, ChecksumError),
        ("garden", FaultKind.ABSENT, NoAnswerError),
        ("air", FaultKind.ABSENT, NoAnswerError),
        ("air", FaultKind.CORRUPT, ChecksumError),
    ],
)
def test_the_real_driver_meets_it_at_its_time_and_only_then(device, what, error):
    site = planned(device, what)
    driver = site.drivers[device]
    assert driver.read()
    site.clock.sleep(15.0)  # A quarter of an hour there.
    with pytest.raises(error):
        driver.read()
    site.clock.sleep(15.0)
    assert _soon(site, device)


def _soon(site: Site, device: str) -> object:
    """What it gives when a frame has come again."""
    for _ in range(5):
        try:
            return site.drivers[device].read()
        except DriverError:
            site.clock.sleep(1.0)
    return None


def test_a_sensor_that_is_stuck_for_a_while_repeats_itself_for_that_while():
    site = planned("room", FaultKind.STUCK)
    site.drivers["heater"].write("on", True)
    site.clock.sleep(11.0)
    first = site.drivers["room"].read()
    site.clock.sleep(5.0)
    assert site.drivers["room"].read() == first
    site.clock.sleep(10.0)
    assert site.drivers["room"].read() != first


def test_the_others_go_on():
    site = planned("room", FaultKind.HUNG)
    site.clock.sleep(15.0)
    assert site.drivers["air"].read()
    assert site.drivers["door"].read()


def test_what_a_test_has_set_itself_goes_before_the_plan():
    site = planned("room", FaultKind.CORRUPT)
    site.clock.sleep(15.0)
    site.hardware.faults("room").corrupt_every = 1000
    assert site.drivers["room"].read()
