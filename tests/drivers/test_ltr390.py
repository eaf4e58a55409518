from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import NoAnswerError, WrongPartError
from drivers.ltr390 import BRIGHT, DIM, DIM_BELOW_LX, UV, fits, illuminance, uv_index
from drivers.simulated.ltr390 import SimulatedLtr390
from tests.drivers.parts import with_chip
from tests.drivers.wiring import Memory, i2c_bus
from tests.simulation.virtual_clock import VirtualClock


class Sky:
    lx = 500.0
    uv = 2.5


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def sky():
    return Sky()


@pytest.fixture
def chip(clock, sky):
    return SimulatedLtr390(clock, lambda: sky.lx, lambda: sky.uv)


@pytest.mark.parametrize(
    ("counts", "way", "lx"),
    [(0, BRIGHT, 0.0), (1000, BRIGHT, 600.0), (262_143, BRIGHT, 157_285.8), (7200, DIM, 60.0), (120, DIM, 1.0)],
)
def test_counts_are_lux_by_gain_and_time(counts, way, lx):
    assert illuminance(counts, way) == pytest.approx(lx)


@pytest.mark.parametrize(("counts", "index"), [(0, 0.0), (2300, 1.0), (25_300, 11.0)])
def test_counts_are_the_uv_index_by_the_sensitivity(counts, index):
    assert uv_index(counts) == index


@pytest.mark.parametrize("way", [BRIGHT, DIM, UV])
def test_each_way_asks_for_the_time_and_the_counts_that_it_counts_with(way):
    """As the datasheet's tables have them: 20 bits in 400 ms, halved with each step."""
    step = way.rate >> 4
    assert (way.time_s, way.full) == (pytest.approx(0.4 / 2**step), 2 ** (20 - step) - 1)
    assert (1, 3, 6, 9, 18)[way.gain_code] == way.gain


def test_the_sensitive_way_is_left_before_it_is_blinded():
    assert illuminance(DIM.full, DIM) > 2 * DIM_BELOW_LX


@given(st.floats(0, 150_000), st.floats(0, 20))
def test_light_of_every_strength_is_read(lx, uv):
    clock = VirtualClock()
    driver = with_chip("ltr390", SimulatedLtr390(clock, lambda: lx, lambda: uv), clock)
    driver.open()
    readings = driver.read()
    assert readings["illuminance"] == pytest.approx(lx, rel=0.001, abs=0.01)
    assert readings["uv_index"] == pytest.approx(uv, abs=0.001)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_only_its_identity_and_the_bits_that_it_has_fit(rate, gain, identity):
    told = identity in range(0xB0, 0xC0)
    assert fits(rate, gain, identity) is (told and rate & 0x77 == rate and gain < 8)


def test_it_is_in_standby_before_and_after(chip, clock):
    driver = with_chip("ltr390", chip, clock)
    driver.open()
    assert chip.registers[0] == 0
    driver.read()
    assert chip.registers[0] == 0


def test_each_light_is_measured_anew_and_none_is_taken_for_the_other(chip, clock, sky):
    driver = with_chip("ltr390", chip, clock)
    assert driver.read() == {"uv_index": pytest.approx(2.5, abs=0.001), "illuminance": pytest.approx(500.0, abs=0.01)}
    sky.lx, sky.uv = 20_000.0, 0.0
    assert driver.read() == {"uv_index": 0.0, "illuminance": pytest.approx(20_000.0, abs=0.6)}
    sky.lx, sky.uv = 0.0, 9.0
    assert driver.read() == {"uv_index": pytest.approx(9.0, abs=0.001), "illuminance": 0.0}


def test_a_measurement_that_somebody_else_left_in_it_is_not_taken(chip, clock, sky):
    bus = i2c_bus({0x53: chip}, clock)
    bus.write_register(0x53, 0x00, b"\x02")
    clock.sleep(1.0)
    sky.lx = 1.0
    assert with_chip("ltr390", chip, clock).read()["illuminance"] == pytest.approx(1.0, abs=0.01)


def test_a_window_is_made_up_for(chip, clock):
    driver = with_chip("ltr390", chip, clock, window=2.0)
    assert driver.read() == {"uv_index": pytest.approx(5.0, abs=0.01), "illuminance": pytest.approx(1000.0, abs=0.1)}
    uv, lx = driver.channels(driver.settings_type(window=2.0))
    assert (uv.high, lx.high) == (912, 314_572)


def test_a_lamp_that_is_lit_after_the_look_does_not_blind_it(clock):
    seen = iter([1.0, 50_000.0, 50_000.0])
    chip = SimulatedLtr390(clock, lambda: next(seen), lambda: 0.0)
    assert with_chip("ltr390", chip, clock).read()["illuminance"] == pytest.approx(50_000.0, rel=0.001)


@pytest.mark.parametrize(("lx", "uv"), [(200_000.0, 0.0), (100.0, 500.0)])
def test_light_that_blinds_it_is_no_value(chip, clock, sky, lx, uv):
    sky.lx, sky.uv = lx, uv
    with pytest.raises(NoAnswerError, match="ltr390 at 0x53: blinded"):
        with_chip("ltr390", chip, clock).read()


def test_a_measurement_that_is_late_is_waited_for_and_one_that_never_comes_is_not(chip, clock):
    driver = with_chip("ltr390", chip, clock)
    way, late_s = chip._way, 0.1
    chip._way = lambda: (way()[0], way()[1] + late_s)
    driver.read()
    late_s = 60.0
    before_s = clock.now_s()
    with pytest.raises(NoAnswerError, match="no measurement came"):
        driver.read()
    assert clock.now_s() - before_s < 1.0


def test_a_part_that_lost_its_supply_while_it_measured_is_no_darkness(chip, clock):
    driver = with_chip("ltr390", chip, clock)
    sleep = clock.sleep

    def lose_power(seconds):
        sleep(seconds)
        chip.__init__(clock, lambda: 0.0, lambda: 0.0)

    clock.sleep = lose_power
    with pytest.raises(NoAnswerError, match="lost its supply while it measured"):
        driver.read()


def test_another_part_is_told(chip, clock):
    chip.faults.wrong_part = True
    for other in (chip, Memory()):
        with pytest.raises(WrongPartError, match="another part answers"):
            with_chip("ltr390", other, clock).open()
