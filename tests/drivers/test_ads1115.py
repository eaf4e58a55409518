from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.ads1115 import (
    FULL_SCALES_V,
    MULTIPLEXER,
    RATES,
    Ads1115,
    Ads1115Input,
    Ads1115Settings,
    channel_of,
    decode_count,
    encode_config,
    full_scale,
    to_value,
)
from drivers.base import BusError, NoAnswerError, WrongPartError
from drivers.simulated.ads1115 import SimulatedAds1115
from tests.drivers.wiring import Memory, i2c_bus
from tests.simulation.virtual_clock import VirtualClock

VOLTS = {0: 1.0, 1: 2.0, 2: 0.25, 3: 3.3}
SOIL = Ads1115Input(pin="A0", scale=-0.667, offset=1.8, unit="/")


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def volts():
    return dict(VOLTS)


@pytest.fixture
def chip(clock, volts):
    return SimulatedAds1115(clock, {number: lambda number=number: volts[number] for number in volts})


def opened(chip, clock, **settings) -> Ads1115:
    driver = Ads1115(i2c_bus({0x48: chip}, clock), Ads1115Settings(**settings))
    driver.open()
    return driver


@pytest.mark.parametrize(
    ("wired", "rate", "word"),
    [
        (Ads1115Input(pin="A0"), 128, "C383"),
        (Ads1115Input(pin="A0-A1", range=2.048), 128, "8583"),
        (Ads1115Input(pin="A3", range=0.2), 860, "FBE3"),
        (Ads1115Input(pin="A2-A3", range=6.0), 8, "B103"),
    ],
)
def test_a_configuration_is_the_word_of_the_datasheet(wired, rate, word):
    assert encode_config(wired, rate).hex().upper() == word


@given(st.sampled_from(sorted(MULTIPLEXER)), st.floats(0.001, 6.144), st.sampled_from(RATES))
def test_every_configuration_is_its_own(pin, range_v, rate):
    word = int.from_bytes(encode_config(Ads1115Input(pin=pin, range=range_v), rate))
    assert word >> 12 & 7 == MULTIPLEXER[pin]
    assert FULL_SCALES_V[word >> 9 & 7] >= range_v
    assert RATES[word >> 5 & 7] == rate
    assert word & 0x8103 == 0x8103


@pytest.mark.parametrize(
    ("range_v", "top_v"), [(6.144, 6.144), (5.0, 6.144), (4.096, 4.096), (3.3, 4.096), (0.256, 0.256), (0.01, 0.256)]
)
def test_the_narrowest_range_that_holds_the_voltage_is_used(range_v, top_v):
    assert full_scale(range_v)[1] == top_v


@pytest.mark.parametrize(("data", "count"), [("7FFF", 32767), ("8000", -32768), ("FFFF", -1), ("0001", 1), ("0000", 0)])
def test_a_conversion_has_a_sign(data, count):
    assert decode_count(bytes.fromhex(data)) == count


@pytest.mark.parametrize(
    ("count", "wired", "value"),
    [
        (8000, Ads1115Input(pin="A0"), 1.0),
        (-8000, Ads1115Input(pin="A0-A1"), -1.0),
        (16384, Ads1115Input(pin="A0", range=2.048, scale=100.0, unit="Cel"), 102.4),
        (21600, SOIL, -0.0009),
        (9600, SOIL, 0.9996),
    ],
)
def test_a_count_becomes_a_value_in_the_channels_unit(count, wired, value):
    assert to_value(count, wired) == pytest.approx(value, abs=1e-9)


@given(
    st.integers(-32768, 32767),
    st.floats(0.01, 6.144),
    st.floats(-1e6, 1e6).filter(lambda scale: abs(scale) > 1e-6),
    st.floats(-1e6, 1e6),
)
def test_a_value_leads_back_to_its_voltage_within_one_count(count, range_v, scale, offset):
    wired = Ads1115Input(pin="A0-A1", range=range_v, scale=scale, offset=offset)
    volts = count * full_scale(range_v)[1] / 32768
    back = (to_value(count, wired) - offset) / scale
    assert back == pytest.approx(volts, abs=full_scale(range_v)[1] / 32768 + 1e-9 * abs(offset / scale))


@given(st.sampled_from(["A0", "A1-A3"]), st.floats(0.01, 6.144), st.sampled_from([1.0, -0.667, 1e5]))
def test_the_ends_of_the_codes_are_out_of_the_channels_range(pin, range_v, scale):
    wired = Ads1115Input(pin=pin, range=range_v, scale=scale)
    channel = channel_of("level", wired)
    inside = [channel.low <= to_value(count, wired) <= channel.high for count in (32767, 32766, 0, -32768)]
    assert inside == [False, True, True, False]


def test_an_input_at_ground_may_read_a_little_below():
    channel = channel_of("level", Ads1115Input(pin="A0"))
    assert channel.low < -0.03 < 0 < channel.high
    assert channel.resolution == 0.000125


def test_every_pin_is_a_channel_in_volts_by_default(chip, clock):
    assert opened(chip, clock).read() == {"a0": 1.0, "a1": 2.0, "a2": 0.25, "a3": 3.3}


def test_inputs_become_channels_in_their_own_units(chip, clock, volts):
    volts[0] = 1.95
    inputs = {
        "moisture": SOIL,
        "pressure": Ads1115Input(pin="A1", scale=416_667.0, offset=-250_000.0, unit="Pa"),
        "difference": Ads1115Input(pin="A1-A3", range=2.0),
    }
    driver = opened(chip, clock, inputs=inputs)
    assert driver.read() == {
        "moisture": pytest.approx(0.5, abs=0.001),
        "pressure": pytest.approx(583_334, abs=60),
        "difference": pytest.approx(-1.3, abs=0.0001),
    }
    assert [channel.unit for channel in Ads1115.channels(Ads1115Settings(inputs=inputs))] == ["/", "Pa", "V"]


@pytest.mark.parametrize("rate", RATES)
def test_a_conversion_takes_the_time_of_its_rate(chip, clock, rate):
    driver = opened(chip, clock, rate=rate, inputs={"a0": Ads1115Input(pin="A0")})
    before_s = clock.now_s()
    driver.read()
    assert 1 / rate <= clock.now_s() - before_s < 1.2 / rate


def test_a_part_that_is_slower_than_its_datasheet_is_waited_for(chip, clock):
    driver = opened(chip, clock)

    class Slow(VirtualClock):
        def now_s(self):
            return clock.now_s() * 0.6

    chip._clock = Slow()
    assert driver.read()["a0"] == 1.0


def test_a_conversion_that_never_ends_is_given_up(chip, clock):
    driver = opened(chip, clock)
    chip._clock = VirtualClock()
    with pytest.raises(NoAnswerError, match="does not end"):
        driver.read()


def test_a_voltage_beyond_the_range_ends_at_the_last_code(chip, clock, volts):
    volts[0] = 5.0
    assert opened(chip, clock).read()["a0"] == pytest.approx(4.095875)


def test_an_absent_part_does_not_answer(chip, clock):
    driver = opened(chip, clock)
    chip.faults.absent = True
    for call in (driver.open, driver.read):
        with pytest.raises(NoAnswerError, match="0x48"):
            call()


def test_a_transfer_that_is_not_acknowledged_fails_the_reading_and_no_later_one(chip, clock):
    driver = opened(chip, clock)
    chip.faults.nack = 1
    with pytest.raises(NoAnswerError):
        driver.read()
    assert driver.read()["a0"] == 1.0


def test_a_chip_that_keeps_other_bits_is_no_converter(clock):
    class Forgetful(Memory):
        def write(self, data):
            super().write(data[:1] + bytes(byte | 0x84 for byte in data[1:]))

    with pytest.raises(WrongPartError, match="0x48"):
        opened(Forgetful(), clock)


def test_a_thermometer_at_the_same_address_is_no_converter(chip, clock):
    chip.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="another part answers"):
        opened(chip, clock)


def test_a_hung_bus_is_an_error_of_the_bus(chip, clock):
    driver = opened(chip, clock)
    chip.faults.hung = True
    with pytest.raises(BusError, match="hangs"):
        driver.read()


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"scale": 0.0}, "scale 0; allowed: 1e-12 to 1e"),
        ({"scale": 1e300}, "scale 1e"),
        ({"scale": -1e-300}, "scale -1e"),
        ({"scale": float("inf")}, "scale inf"),
        ({"offset": float("nan")}, "offset nan; allowed"),
        ({"unit": "mA"}, "scale to A"),
        ({"unit": "C°"}, "no primary SenML unit"),
    ],
)
def test_an_input_that_makes_no_sense_is_refused(settings, word):
    with pytest.raises(ValueError, match=word):
        Ads1115Input(pin="A0", **settings)


def test_a_converter_without_inputs_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Ads1115Settings(inputs={})
