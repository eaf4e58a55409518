from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bh1750 import (
    FINE,
    FULL,
    LOOK,
    MIDDLE,
    WIDE,
    Bh1750,
    Bh1750Settings,
    Precision,
    Way,
    decode,
    encode_time,
    way_for,
)
from drivers.simulated.bh1750 import SimulatedBh1750
from tests.drivers.parts import with_chip
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock


class Light:
    lx = 100.0


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def light():
    return Light()


@pytest.fixture
def chip(clock, light):
    return SimulatedBh1750(clock, lambda: light.lx)


@pytest.mark.parametrize(
    ("data", "way", "lx"),
    [
        ("8390", Way(0x20, 69, 1, 0.18), 28_066.7),
        ("0110", FINE, 30.787),
        ("0000", FINE, 0.0),
        ("FFFF", WIDE, 121_557.7),
        ("8390", MIDDLE, 14_033.3),
    ],
)
def test_counts_become_illuminance_by_the_datasheets_formula(data, way, lx):
    assert decode(bytes.fromhex(data), way) == pytest.approx(lx, rel=1e-4)


@given(st.integers(31, 254))
def test_the_time_is_sent_in_two_parts(time):
    high, low = encode_time(time)
    assert high >> 3 == 0b01000
    assert low >> 5 == 0b011
    assert (high & 7) << 5 | low & 0x1F == time


@given(st.floats(0, 81_000), st.sampled_from(Precision))
def test_the_way_that_is_chosen_is_not_blinded_and_no_finer_one_would_do(lx, precision):
    way = way_for(lx, precision)
    assert lx * 1.4 < FULL * way.lx
    if precision is Precision.HIGH:
        assert all(lx * 1.5 >= FULL * finer.lx for finer in (FINE, MIDDLE, WIDE) if finer.lx < way.lx)


@pytest.mark.parametrize("lx", [0.0, 0.5, 3.3, 120.0, 4800.0, 6000.0, 17_000.0, 25_000.0, 80_000.0, 120_000.0])
@pytest.mark.parametrize("precision", list(Precision))
def test_light_of_every_strength_is_read(chip, clock, light, lx, precision):
    driver = with_chip("bh1750", chip, clock, precision=precision)
    driver.open()
    light.lx = lx
    step = WIDE.lx if precision is Precision.LOW or lx > 4000 else FINE.lx
    assert driver.read()["illuminance"] == pytest.approx(lx, abs=step)


def test_light_that_blinds_it_is_out_of_the_channels_range(chip, clock, light):
    light.lx = 150_000.0
    (channel,) = Bh1750.channels(Bh1750Settings())
    assert with_chip("bh1750", chip, clock).read()["illuminance"] > channel.high


def test_a_lamp_that_is_lit_after_the_look_does_not_blind_it(chip, clock, light):
    light.lx = 100.0
    looks = iter([100.0, 7000.0])
    chip._illuminance = lambda: next(looks)
    assert with_chip("bh1750", chip, clock).read()["illuminance"] == pytest.approx(7000.0, rel=0.001)


@pytest.mark.parametrize(
    ("lx", "precision", "at_most_s"), [(10.0, "high", 0.68), (10.0, "low", 0.1), (1e5, "high", 0.1)]
)
def test_a_reading_takes_the_time_that_the_light_needs(chip, clock, light, lx, precision, at_most_s):
    light.lx = lx
    driver = with_chip("bh1750", chip, clock, precision=Precision(precision))
    before_s = clock.now_s()
    driver.read()
    assert LOOK.seconds < clock.now_s() - before_s < at_most_s


def test_before_the_measurement_is_over_the_part_gives_the_last_one(chip, clock):
    bus = i2c_bus({0x23: chip}, clock)
    bus.write(0x23, b"\x20")
    assert bus.read(0x23, 2) == b"\x00\x00"
    clock.sleep(0.18)
    assert int.from_bytes(bus.read(0x23, 2)) == 120


def test_the_result_can_be_reset_only_while_the_part_is_on(chip, clock):
    bus = i2c_bus({0x23: chip}, clock)
    bus.write(0x23, b"\x20")
    clock.sleep(0.18)
    bus.read(0x23, 2)
    bus.write(0x23, b"\x07")
    assert bus.read(0x23, 2) != b"\x00\x00"
    bus.write(0x23, b"\x01")
    bus.write(0x23, b"\x07")
    assert bus.read(0x23, 2) == b"\x00\x00"


def test_an_address_that_the_part_cannot_have_is_refused():
    with pytest.raises(ValueError, match="0x23 and 0x5C are allowed"):
        Bh1750Settings(address=0x24)
