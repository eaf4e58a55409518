from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import NoAnswerError, WrongPartError
from drivers.simulated.ads1115 import SimulatedAds1115
from drivers.simulated.thermometers import SimulatedThermometer
from drivers.thermometers import LM75, MCP9808, TMP102, TMP117, decode_temperature, encode_temperature
from tests.drivers.parts import with_chip
from tests.drivers.wiring import Memory
from tests.simulation.virtual_clock import VirtualClock

FORMS = {"lm75": LM75, "mcp9808": MCP9808, "tmp102": TMP102, "tmp117": TMP117}
ALL = pytest.mark.parametrize("name", FORMS)


@pytest.mark.parametrize(
    ("form", "word", "celsius"),
    [
        (LM75, 0x1900, 25.0),
        (LM75, 0xFF80, -0.5),
        (LM75, 0xE700, -25.0),
        (LM75, 0xC900, -55.0),
        (LM75, 0x7F00, 127.0),
        (LM75, 0x0020, 0.125),
        (MCP9808, 0xC194, 25.25),
        (MCP9808, 0x1FF8, -0.5),
        (MCP9808, 0x1D80, -40.0),
        (MCP9808, 0x2FFF, 255.9375),
        (TMP102, 0x1900, 25.0),
        (TMP102, 0xFFC0, -0.25),
        (TMP102, 0xE700, -25.0),
        (TMP102, 0x7FF0, 127.9375),
        (TMP117, 0x0C80, 25.0),
        (TMP117, 0xFFFF, -0.0078125),
        (TMP117, 0xFFC0, -0.5),
        (TMP117, 0x4B00, 150.0),
    ],
)
def test_a_word_is_a_temperature_with_its_sign(form, word, celsius):
    assert decode_temperature(word, form) == celsius


@given(st.sampled_from(list(FORMS.values())), st.floats(-40, 125))
def test_what_is_encoded_is_decoded_to_half_a_step(form, celsius):
    assert decode_temperature(encode_temperature(celsius, form), form) == pytest.approx(
        celsius, abs=form.resolution / 2 + 1e-9
    )


@given(st.sampled_from(list(FORMS.values())), st.integers(0, 0xFFFF))
def test_every_word_is_a_temperature_or_none_yet(form, word):
    try:
        assert -256 <= decode_temperature(word, form) <= 256
    except NoAnswerError:
        assert word == form.none_yet


@ALL
@pytest.mark.parametrize("celsius", [-40.0, -0.5, 0.0, 0.5, 21.25, 125.0])
def test_heat_and_cold_are_read(name, celsius):
    clock = VirtualClock()
    chip = SimulatedThermometer(clock, lambda: celsius, FORMS[name])
    clock.sleep(2.0)
    driver = with_chip(name, chip, clock)
    driver.open()
    assert driver.read() == {"temperature": celsius}


def test_before_the_first_conversion_a_tmp117_has_no_temperature():
    clock = VirtualClock()
    driver = with_chip("tmp117", SimulatedThermometer(clock, lambda: 20.0, TMP117), clock)
    driver.open()
    with pytest.raises(NoAnswerError, match="0x48: no conversion yet"):
        driver.read()
    clock.sleep(1.0)
    assert driver.read() == {"temperature": 20.0}


@ALL
def test_a_memory_is_no_thermometer(name):
    with pytest.raises(WrongPartError, match="another part answers"):
        with_chip(name, Memory()).open()


@pytest.mark.parametrize("name", ["lm75", "tmp102", "tmp117"])
def test_a_converter_at_the_same_address_is_no_thermometer(name):
    clock = VirtualClock()
    with pytest.raises(WrongPartError, match="another part answers"):
        with_chip(name, SimulatedAds1115(clock, {}), clock).open()


@pytest.mark.parametrize("there", ["lm75", "tmp102"])
def test_simpler_thermometers_at_its_address_are_no_tmp117(there):
    clock = VirtualClock()
    with pytest.raises(WrongPartError, match="register 15"):
        with_chip("tmp117", SimulatedThermometer(clock, lambda: 20.0, FORMS[there]), clock).open()


def test_a_tmp102_in_its_extended_form_is_told():
    clock = VirtualClock()
    chip = SimulatedThermometer(clock, lambda: 20.0, TMP102)
    chip._registers[1] |= 0x0010
    with pytest.raises(WrongPartError, match="0x60B0"):
        with_chip("tmp102", chip, clock).open()


def test_limits_can_be_written_and_what_tells_the_part_cannot():
    chip = SimulatedThermometer(VirtualClock(), lambda: 20.0, MCP9808)
    for register, kept in ((2, b"\x12\x30"), (6, b"\x00\x54")):
        chip.write(bytes([register]) + b"\x12\x30")
        assert chip.read(2) == kept
