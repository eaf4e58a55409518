from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BadValueError, NoAnswerError
from drivers.mcp4725 import Mcp4725, Mcp4725Settings, State, decode, decode_state, encode
from drivers.simulated.mcp4725 import SimulatedMcp4725
from tests.drivers.parts import with_chip
from tests.simulation.virtual_clock import VirtualClock


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def chip(clock):
    return SimulatedMcp4725(clock)


@pytest.fixture
def driver(chip, clock):
    made = with_chip("mcp4725", chip, clock, supply=5.0)
    made.open()
    return made


@pytest.mark.parametrize(("volts", "code"), [(0.0, 0), (1.25, 0x400), (2.5, 0x800), (4.9988, 0xFFF), (5.0, 0xFFF)])
def test_a_voltage_is_the_nearest_share_of_the_supply(volts, code):
    assert encode(volts, 5.0) == code
    assert decode(code, 5.0) == pytest.approx(volts, abs=5.0 / 4096)


@given(st.floats(0, 5.5), st.floats(2.7, 5.5))
def test_a_voltage_comes_back_to_half_a_step_or_as_far_as_the_part_goes(volts, supply):
    most = supply * 4095 / 4096
    assert decode(encode(volts, supply), supply) == pytest.approx(min(volts, most), abs=supply / 8192 + 1e-4)


@pytest.mark.parametrize(
    ("data", "state"),
    [
        ("C0 8000 0800", State(ready=True, code=0x800, stored=0x800)),
        ("40 ABC0 0123", State(ready=False, code=0xABC, stored=0x123)),
        ("C2 FFF0 60FF", State(ready=True, code=0, stored=0x0FF)),
    ],
)
def test_the_state_is_status_register_and_memory(data, state):
    assert decode_state(bytes.fromhex(data)) == state


def test_a_voltage_is_driven_and_read_back_and_never_put_into_the_memory(driver, chip):
    assert driver.write("voltage", 1.25) == 1.25
    assert driver.write("voltage", 1) == pytest.approx(1.0, abs=0.001)
    assert driver.read() == {"voltage": pytest.approx(1.0, abs=0.001)}
    assert (chip.code, chip.stored, chip.stores) == (819, 0x800, 0)


def test_a_restart_of_the_gateway_changes_nothing(driver, chip, clock):
    driver.write("voltage", 3.0)
    again = with_chip("mcp4725", chip, clock, supply=5.0)
    again.open()
    assert again.read()["voltage"] == pytest.approx(3.0, abs=0.001)


def test_a_part_that_lost_its_supply_is_noticed(driver, chip):
    driver.write("voltage", 1.0)
    chip.reset()
    with pytest.raises(NoAnswerError, match=r"gives 2.5 V and not 0.9998 V; it may have lost its supply"):
        driver.read()
    driver.open()
    assert driver.read() == {"voltage": 2.5}


def test_what_it_is_to_give_after_power_up_is_kept_once_and_the_output_stays(driver, chip, clock):
    driver.write("voltage", 3.75)
    for _ in range(3):
        other = with_chip("mcp4725", chip, clock, supply=5.0, boot=0.0)
        other.open()
        assert other.read() == {"voltage": 3.75}
    assert (chip.stored, chip.stores) == (0, 1)
    chip.reset()
    assert chip.code == 0


def test_a_part_that_does_not_keep_it_says_so(clock):
    class Worn(SimulatedMcp4725):
        def write(self, data):
            super().write(data)
            self.stored = 0x7FF

    with pytest.raises(NoAnswerError, match="does not keep"):
        with_chip("mcp4725", Worn(clock), clock, boot=0.0).open()


def test_a_part_that_does_not_take_a_value_says_so(driver, chip):
    chip._busy_until_s = float("inf")
    with pytest.raises(NoAnswerError, match="told 0"):
        driver.write("voltage", 1.0)


@pytest.mark.parametrize(
    ("channel", "value"),
    [("voltage", 5.1), ("voltage", -0.1), ("voltage", True), ("voltage", "1"), ("voltage", float("nan")), ("x", 1.0)],
)
def test_what_cannot_be_driven_is_refused(driver, chip, channel, value):
    with pytest.raises(BadValueError):
        driver.write(channel, value)
    assert chip.code == 0x800


def test_more_than_the_supply_after_power_up_is_refused():
    with pytest.raises(ValueError, match="at most the supply"):
        Mcp4725Settings(boot=3.4)


def test_the_channel_ends_one_step_below_the_supply():
    (channel,) = Mcp4725.channels(Mcp4725Settings(supply=4.096))
    assert (channel.high, channel.resolution) == (pytest.approx(4.095), pytest.approx(0.001))
