from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BadValueError, NoAnswerError, NotYetError, WrongPartError
from drivers.simulated.sps30 import SimulatedSps30
from drivers.sps30 import Sps30, Sps30Settings, decode_dust
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock

READING = {"pm1": 7e-9, "pm2_5": 1.2e-8, "pm4": 1.5e-8, "pm10": 1.8e-8}


class Bench:
    def __init__(self, version: int = 0x0202):
        self.pm2_5 = 12.0
        self.clock = VirtualClock()
        self.chip = SimulatedSps30(self.clock, lambda: 7e-9, lambda: self.pm2_5 / 1e9, lambda: 1.8e-8)
        self.chip.version = version
        self.driver = Sps30(i2c_bus({0x69: self.chip}, self.clock), Sps30Settings())

    def after(self, seconds: float):
        self.clock.sleep(seconds)
        return self.driver.read()


@pytest.fixture(params=[0x0200, 0x0202, 0x0203])
def bench(request):
    made = Bench(request.param)
    made.driver.open()
    return made


def words(*masses: float) -> tuple[int, ...]:
    return struct.unpack(">20H", struct.pack(">10f", *masses, *[0.0] * (10 - len(masses))))


def test_the_masses_are_the_first_four_numbers():
    assert words(7.0, 12.0)[:4] == (0x40E0, 0, 0x4140, 0)
    assert decode_dust(words(7.0, 12.04, 15.0, 18.0)) == READING


@given(st.lists(st.integers(0, 0xFFFF), min_size=20, max_size=20).map(tuple))
def test_whatever_the_words_are_a_mass_is_not_below_nothing(raw):
    found = decode_dust(raw)
    assert found is None or all(value >= 0 for value in found.values())


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf")])
def test_a_mass_that_cannot_be_is_none(bad):
    assert decode_dust(words(7.0, bad)) is None


def test_until_the_first_second_is_over_there_is_no_measurement(bench):
    with pytest.raises(NotYetError):
        bench.driver.read()
    assert bench.after(1.0) == READING


def test_between_two_measurements_the_last_one_stands(bench):
    bench.after(1.0)
    bench.pm2_5 = 100.0
    assert bench.driver.read() == READING
    assert bench.after(1.0)["pm2_5"] == 1e-7


def test_opened_while_it_measures_it_begins_anew(bench):
    bench.after(1.0)
    bench.driver.open()
    assert bench.after(1.1) == READING


def test_a_part_that_measures_no_more_is_told(bench):
    bench.after(1.0)
    bench.chip.write(b"\x01\x04")
    assert bench.after(14.0) == READING
    with pytest.raises(NoAnswerError, match="0x69: no new measurement for 15 s"):
        bench.after(2.0)


@pytest.mark.parametrize(
    ("status", "words_of_it"), [(1 << 4, "its fan does not turn"), (1 << 5, "its laser has failed")]
)
def test_a_fan_or_laser_that_has_failed_gives_no_value(status, words_of_it):
    bench = Bench()
    bench.driver.open()
    bench.after(1.0)
    bench.chip.status = status
    with pytest.raises(NoAnswerError, match=f"sps30 at 0x69: {words_of_it}"):
        bench.after(1.0)
    bench.chip.status = 1 << 21
    assert bench.after(1.0) == READING


def test_another_product_is_named(monkeypatch):
    bench = Bench()
    monkeypatch.setattr(bench.chip, "_told", lambda _command: (0x3030, 0x3031, 0x3030, 0x3030))
    with pytest.raises(WrongPartError, match="product type b'00010000'"):
        bench.driver.open()


def test_while_its_fan_is_cleaned_the_last_measurement_stands(bench):
    bench.after(1.0)
    (step,) = bench.driver.operate("CleanFan", {})
    assert bench.chip.cleaned == 1
    for _ in range(round(step.wait_s)):
        assert bench.after(1.0) == READING
    (operation,) = Sps30.operations(Sps30Settings())
    assert operation.name == "CleanFan"
    assert step.wait_s < operation.time_limit_s


def test_there_is_no_other_operation(bench):
    with pytest.raises(BadValueError, match="no operation 'Dance'"):
        next(bench.driver.operate("Dance", {}))
