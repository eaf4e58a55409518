from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.ads1115 import RATES_1015, Ads1015Settings, Ads1115Input, channel_of, encode_config, resolution, to_value
from drivers.simulated.ads1115 import SimulatedAds1015
from tests.drivers.parts import with_chip
from tests.simulation.virtual_clock import VirtualClock


@pytest.fixture
def clock():
    return VirtualClock()


def driver_at(clock, volts, **settings):
    chip = SimulatedAds1015(clock, {0: lambda: volts})
    driver = with_chip("ads1015", chip, clock, **settings)
    driver.open()
    return driver


@pytest.mark.parametrize(("rate", "word"), [(128, "C303"), (1600, "C383"), (3300, "C3C3")])
def test_its_rates_have_codes_of_their_own(rate, word):
    assert encode_config(Ads1115Input(pin="A0"), rate, RATES_1015).hex().upper() == word


@pytest.mark.parametrize("volts", [-0.02, 0.0, 0.002, 1.0, 3.3, 4.09])
def test_a_voltage_is_read_to_twelve_bits(clock, volts):
    assert driver_at(clock, volts).read()["a0"] == pytest.approx(volts, abs=0.002)


@pytest.mark.parametrize("rate", RATES_1015)
def test_a_conversion_takes_the_time_of_its_rate(clock, rate):
    driver = driver_at(clock, 1.0, rate=rate, inputs={"a0": Ads1115Input(pin="A0")})
    before_s = clock.now_s()
    driver.read()
    assert 1 / rate <= clock.now_s() - before_s < 1.2 / rate + 0.001


@given(st.integers(-2048, 2047), st.floats(0.01, 6.144))
def test_a_step_is_sixteen_counts_and_the_last_code_is_out_of_range(code, range_v):
    wired = Ads1115Input(pin="A0-A1", range=range_v)
    channel = channel_of("level", wired, 16)
    assert channel.resolution == resolution(wired, 16) == 16 * resolution(wired)
    assert (channel.low <= to_value(code * 16, wired) <= channel.high) == (-2048 < code < 2047)


def test_a_part_without_inputs_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Ads1015Settings(inputs={})
