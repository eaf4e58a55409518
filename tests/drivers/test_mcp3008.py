from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import registry
from drivers.base import BusError, NoAnswerError
from drivers.bus.spi import SpiBus
from drivers.mcp3008 import (
    Mcp3004Settings,
    Mcp3008,
    Mcp3008Input,
    Mcp3008Settings,
    Mcp3208,
    decode_count,
    encode_command,
    to_value,
)
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.mcp3008 import SimulatedMcp3008
from tests.drivers.parts import QUIET
from tests.drivers.wiring import spi_bus
from tests.simulation.virtual_clock import VirtualClock

VOLTS = {0: 1.0, 1: 2.0, 2: 0.25, 3: 3.29, 7: 3.0}
TANK = Mcp3008Input(pin="CH2", scale=0.303, unit="/")
NAMES = ("mcp3004", "mcp3008", "mcp3204", "mcp3208")


def chip(bits: int = 10) -> SimulatedMcp3008:
    return SimulatedMcp3008({number: lambda volts=volts: volts for number, volts in VOLTS.items()}, bits=bits)


def opened(part: SimulatedMcp3008, kind: type[Mcp3008] = Mcp3008, **settings) -> Mcp3008:
    driver = kind(spi_bus(part), Mcp3008Settings(**settings))
    driver.open()
    return driver


@pytest.mark.parametrize(
    ("pin", "bits", "command"),
    [
        ("CH0", 10, "018000"),
        ("CH7", 10, "01F000"),
        ("CH0-CH1", 10, "010000"),
        ("CH1-CH0", 10, "011000"),
        ("CH0", 12, "060000"),
        ("CH7", 12, "07C000"),
        ("CH5-CH4", 12, "054000"),
    ],
)
def test_a_command_is_that_of_the_datasheet(pin, bits, command):
    assert encode_command(pin, bits).hex().upper() == command


@given(st.integers(0, 0xFFFFFF), st.sampled_from([10, 12]))
def test_bits_before_the_zero_bit_mean_nothing(word, bits):
    zero = word & ~(1 << bits)
    assert decode_count(zero.to_bytes(3), bits) == word % (1 << bits)
    with pytest.raises(NoAnswerError, match="check power, wiring and chip select"):
        decode_count((word | 1 << bits).to_bytes(3), bits)


def test_every_input_is_read_in_its_own_unit():
    inputs = {"level": TANK, "supply": Mcp3008Input(pin="CH3"), "between": Mcp3008Input(pin="CH1-CH0")}
    readings = opened(chip(), inputs=inputs).read()
    assert list(readings) == ["level", "supply", "between"]
    assert readings["level"] == pytest.approx(0.25 * 0.303, abs=0.001)
    assert readings["supply"] == pytest.approx(3.29, abs=0.0033)
    assert readings["between"] == pytest.approx(1.0, abs=0.0033)


def test_without_inputs_given_the_first_four_are_volts():
    assert opened(chip(), Mcp3208).read().keys() == {"ch0", "ch1", "ch2", "ch3"}


def test_a_difference_below_zero_is_zero():
    assert opened(chip(), inputs={"below": Mcp3008Input(pin="CH0-CH1")}).read() == {"below": 0.0}


def test_the_reference_is_the_highest_voltage():
    part = SimulatedMcp3008({0: lambda: 2.0}, reference=5.0)
    assert opened(part, reference=5.0, inputs={"a": Mcp3008Input(pin="CH0")}).read()["a"] == pytest.approx(
        2.0, abs=0.005
    )


def test_twelve_bits_are_four_times_finer_than_ten():
    coarse, fine = (kind.channels(Mcp3008Settings())[0].resolution for kind in (Mcp3008, Mcp3208))
    assert coarse == 4 * fine == pytest.approx(0.00322, abs=1e-5)
    one = {"a": Mcp3008Input(pin="CH0")}
    assert opened(chip(12), Mcp3208, inputs=one).read()["a"] == pytest.approx(1.0, abs=0.00081)


@given(st.integers(0, 1023), st.sampled_from([1.0, -0.667, 250.0]), st.floats(-10.0, 10.0))
def test_a_value_leads_back_to_its_count(count, scale, offset):
    wired = Mcp3008Input(pin="CH0", scale=scale, offset=offset)
    step_v = 3.3 / 1024
    assert round((to_value(count, wired, step_v) - offset) / scale / step_v) == count


@pytest.mark.parametrize("scale", [1.0, -0.667])
def test_a_voltage_at_or_above_the_reference_is_out_of_the_channels_range(scale):
    inputs = {"a": Mcp3008Input(pin="CH0", scale=scale)}
    channel = Mcp3008.channels(Mcp3008Settings(inputs=inputs))[0]
    for volts, inside in ((0.0, True), (3.29, True), (3.3, False), (9.0, False)):
        value = opened(SimulatedMcp3008({0: lambda volts=volts: volts}), inputs=inputs).read()["a"]
        assert (channel.low <= value <= channel.high) is inside


def test_a_line_without_a_part_is_an_error_that_names_the_place():
    part = chip()
    driver = opened(part)
    part.faults.absent = True
    for call in (driver.read, driver.open):
        with pytest.raises(NoAnswerError, match=r"mcp3008 at /dev/spidev0\.0: no answer \(ffffff\)"):
            call()
    part.faults.absent = False
    assert driver.read()


def test_a_bus_that_fails_is_an_error_of_the_bus():
    part = chip()
    driver = opened(part)
    part.faults.hung = True
    with pytest.raises(BusError):
        driver.read()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scale": 0.0}, "scale 0; allowed: 1e-12 to 1e"),
        ({"scale": 1e300}, "scale 1e"),
        ({"scale": -1e-300}, "scale -1e"),
        ({"scale": float("nan")}, "scale nan"),
        ({"offset": float("inf")}, "offset inf; allowed"),
        ({"unit": "mV"}, "scale to V"),
    ],
)
def test_an_input_that_makes_no_sense_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Mcp3008Input(pin="CH0", **change)


def test_a_part_has_only_its_own_inputs():
    for kind in (Mcp3008Settings, Mcp3004Settings):
        with pytest.raises(ValueError, match="at least one"):
            kind(inputs={})
    Mcp3004Settings(inputs={"a": Mcp3008Input(pin="CH3-CH2")})
    for pin in ("CH4", "CH5-CH4"):
        with pytest.raises(ValueError, match=f"pin {pin} of a; the part has CH0 to CH3"):
            Mcp3004Settings(inputs={"a": Mcp3008Input(pin=pin)})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("unit", ["V", "Cel"])
def test_on_a_simulated_bus_it_measures_the_world(name, unit):
    kind = registry.get(name)
    wired = Mcp3008Input(pin="CH1", scale=1.0 if unit == "V" else 25.0, offset=0.0, unit=unit)
    settings = kind.settings_type(inputs={"value": wired})
    couple = {"part/value": "soil.voltage" if unit == "V" else "room.temperature"}
    world = dataclasses.replace(QUIET, couple=couple)
    hardware = SimulatedHardware(world, VirtualClock(), {"bus": [SimulatedDevice("part", name, settings)]})
    driver = kind(SpiBus(hardware.backend("bus"), clock=VirtualClock()), settings)
    driver.open()
    truth = hardware.world.value(couple["part/value"])
    assert driver.read()["value"] == pytest.approx(truth, abs=0.01 * wired.scale)


def test_two_parts_at_one_chip_select_are_refused():
    devices = [SimulatedDevice(name, "mcp3008", Mcp3008Settings()) for name in ("a", "b")]
    with pytest.raises(ValueError, match="'b': chip select 0 is taken by another"):
        SimulatedHardware(QUIET, VirtualClock(), {"bus": devices})
