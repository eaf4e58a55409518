from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BadValueError, NoAnswerError, WrongPartError
from drivers.pca9685 import Pca9685, Pca9685Output, Pca9685Settings, decode_duty, encode_duty, prescale
from drivers.simulated.pca9685 import SimulatedPca9685
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock

OUTPUTS = {"fan": Pca9685Output(output=3), "lamp": Pca9685Output(output=15, inverted=True)}


class Bench:
    def __init__(self):
        self.chip = SimulatedPca9685()
        self.bus = i2c_bus({0x40: self.chip}, VirtualClock())
        self.driver = self.make()

    def make(self, **settings) -> Pca9685:
        return Pca9685(self.bus, Pca9685Settings(outputs=OUTPUTS, **settings))


@pytest.fixture
def bench():
    made = Bench()
    made.driver.open()
    return made


def test_the_datasheets_prescalers():
    assert [prescale(frequency) for frequency in (200, 1526, 24)] == [30, 3, 253]


def test_both_ends_are_full_and_not_one_step_short():
    assert encode_duty(0.0) == bytes((0, 0, 0, 0x10))
    assert encode_duty(1.0) == bytes((0, 0x10, 0, 0))
    assert encode_duty(0.5) == bytes((0, 0, 0, 8))
    assert decode_duty(bytes((0, 0x10, 0, 0x10))) == 0.0
    assert decode_duty(bytes((0x99, 0x01, 0xCC, 0x04))) == (1228 - 409) / 4096


@given(st.floats(0, 1))
def test_a_share_comes_back_to_half_a_step(duty):
    assert decode_duty(encode_duty(duty)) == pytest.approx(duty, abs=0.5 / 4096)


def test_frequency_is_set_asleep_and_the_part_is_awake_afterwards(bench):
    assert bench.chip.registers[0xFE] == prescale(1000)
    assert bench.chip.registers[0] == 0x20


def test_outputs_are_driven_and_read_back(bench):
    assert bench.driver.write("fan", 0.25) == 0.25
    assert bench.driver.write("lamp", 1) == 1.0
    assert bench.driver.read() == {"fan": 0.25, "lamp": 1.0}
    assert bench.chip.registers[0x06 + 60 : 0x06 + 64] == bytes((0, 0, 0, 0x10))


def test_a_restart_of_the_gateway_changes_nothing(bench):
    bench.driver.write("fan", 0.75)
    again = bench.make()
    again.open()
    assert again.read()["fan"] == 0.75


def test_a_part_that_lost_its_supply_is_noticed(bench):
    bench.driver.write("fan", 0.75)
    bench.chip.reset()
    with pytest.raises(NoAnswerError, match="lost its supply"):
        bench.driver.read()
    bench.driver.open()
    assert bench.driver.read()["fan"] == 0.0


@pytest.mark.parametrize(("channel", "value"), [("fan", 1.1), ("fan", -0.1), ("fan", True), ("fan", "on"), ("x", 0)])
def test_what_cannot_be_driven_is_refused(bench, channel, value):
    with pytest.raises(BadValueError):
        bench.driver.write(channel, value)


def test_a_number_that_is_none_is_refused(bench):
    with pytest.raises(BadValueError):
        bench.driver.write("fan", float("nan"))


def test_another_part_and_none_are_told():
    bench = Bench()
    bench.chip.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="another part"):
        bench.driver.open()
    bench.chip.faults.absent = True
    with pytest.raises(NoAnswerError):
        bench.driver.open()


@pytest.mark.parametrize("outputs", [{}, {"a": Pca9685Output(output=1), "b": Pca9685Output(output=1)}])
def test_outputs_that_cannot_be_are_refused(outputs):
    with pytest.raises(ValueError, match="only once"):
        Pca9685Settings(outputs=outputs)
