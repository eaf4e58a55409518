"""Calibration of the parts that measure CO2: long, told of on its way, and without a trace where it is broken off."""

from __future__ import annotations

import pytest

from drivers import scd4x, scd30
from drivers.base import BadValueError, NoAnswerError
from drivers.calibrate import TOLD_S
from drivers.mhz19 import Mhz19, Mhz19Settings
from drivers.simulated.mhz19 import SimulatedMhz19
from drivers.simulated.scd import SimulatedScd4x, SimulatedScd30
from tests.drivers.parts import with_chip
from tests.drivers.wiring import serial_bus
from tests.simulation.virtual_clock import VirtualClock

SETTLE_S = {"scd4x": scd4x.SETTLE_S, "scd30": scd30.SETTLE_S, "mhz19": 1200.0}
MODELS = {"scd4x": SimulatedScd4x, "scd30": SimulatedScd30}
EVERY = pytest.mark.parametrize("name", list(SETTLE_S))


class Bench:
    """One part that measures 50 ppm too much, in air of 400 ppm."""

    def __init__(self, name):
        self.clock = VirtualClock()
        if name == "mhz19":
            self.part = SimulatedMhz19(self.clock, lambda: 450e-6)
            self.driver = Mhz19(serial_bus(self.part, self.clock, 4.0), Mhz19Settings())
        else:
            sources = {"co2": lambda: 450e-6, "temperature": lambda: 20.0, "humidity": lambda: 50.0}
            self.part = MODELS[name](self.clock, sources)
            self.driver = with_chip(name, self.part, self.clock)
        self.driver.open()
        self.steps = []

    def take(self, operation):
        """Go through an operation as the gateway does; what it returns."""
        while True:
            try:
                step = next(operation)
            except StopIteration as end:
                return end.value
            self.steps.append(step)
            self.clock.sleep(step.wait_s)

    def calibrate(self, ppm=400.0):
        return self.take(self.driver.operate("Calibrate", {"ppm": ppm}))

    def co2_ppm(self):
        self.clock.sleep(6.0)
        return self.driver.read()["co2"] * 1e6


@pytest.fixture
def bench(name):
    return Bench(name)


@EVERY
def test_it_is_told_to_be_long_and_never_to_be_done_twice(bench, name):
    (operation,) = bench.driver.operations(None)
    (ppm,) = operation.parameters
    assert (operation.name, operation.idempotent, ppm.name, ppm.low, ppm.default) == (
        "Calibrate", False, "ppm", 400.0, 400.0,
    )  # fmt: skip
    assert operation.time_limit_s > SETTLE_S[name]


@EVERY
@pytest.mark.parametrize("ppm", [400.0, 1000.0, 2000.0])
def test_afterwards_the_part_measures_what_it_was_told(bench, ppm):
    assert bench.co2_ppm() == pytest.approx(450, abs=1)
    bench.calibrate(ppm)
    assert bench.co2_ppm() == pytest.approx(ppm, abs=1)


@pytest.mark.parametrize(("name", "result"), [("scd4x", -50.0), ("scd30", 400.0), ("mhz19", 400.0)])
def test_the_result_is_what_the_part_can_tell(bench, result):
    assert bench.calibrate() == result


@EVERY
def test_on_its_way_it_tells_how_far_it_is(bench, name):
    bench.calibrate()
    percents = [step.percent for step in bench.steps if step.percent is not None]
    assert percents == sorted(percents)
    assert (len(percents), percents[-1]) == (SETTLE_S[name] / TOLD_S, 100.0)
    assert all(step.write is None for step in bench.steps)


@EVERY
def test_one_that_is_broken_off_has_changed_nothing(bench):
    operation = bench.driver.operate("Calibrate", {"ppm": 2000.0})
    for _ in range(9):
        bench.clock.sleep(next(operation).wait_s)
    operation.close()
    assert bench.co2_ppm() == pytest.approx(450, abs=1)


@EVERY
def test_another_operation_is_refused(bench):
    with pytest.raises(BadValueError, match="no operation 'Explode'"):
        bench.take(bench.driver.operate("Explode", {}))


@pytest.mark.parametrize("name", ["scd4x"])
def test_however_it_ends_the_scd4x_measures_again(bench):
    operation = bench.driver.operate("Calibrate", {"ppm": 400.0})
    while bench.part.measuring:
        bench.clock.sleep(next(operation).wait_s)
    operation.close()
    assert bench.part.measuring
    bench.part.faults.absent = True
    with pytest.raises(NoAnswerError):
        bench.calibrate()


@pytest.mark.parametrize("name", ["scd4x"])
def test_an_scd4x_that_says_that_it_could_not_is_believed(bench, monkeypatch):
    monkeypatch.setattr("drivers.scd4x.SETTLE_S", 60.0)
    with pytest.raises(BadValueError, match="could not be calibrated"):
        bench.calibrate()
    assert bench.co2_ppm() == pytest.approx(450, abs=1)


@pytest.mark.parametrize("name", ["scd30"])
def test_an_scd30_that_has_kept_something_else_has_failed(bench, monkeypatch):
    monkeypatch.setattr(bench.part, "settings", bench.part.settings[:-1])
    with pytest.raises((BadValueError, NoAnswerError)):
        bench.calibrate(700.0)


@pytest.mark.parametrize("name", ["mhz19"])
def test_an_mhz19_knows_two_points(bench):
    for ppm in (401.0, 999.0):
        with pytest.raises(BadValueError, match=r"400 .fresh air. or 1000 and more"):
            bench.calibrate(ppm)
    assert bench.steps == []
