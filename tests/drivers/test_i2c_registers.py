from __future__ import annotations

import pytest

from drivers.base import BadValueError, BusError, NoAnswerError, WrongPartError
from drivers.bus.i2c import I2CBus
from drivers.byte_registers import I2cRegister
from drivers.i2c_registers import I2cRegisters, I2cRegistersSettings, RegisterValue
from drivers.simulated.hardware import SimulatedDevice
from drivers.simulated.i2c_registers import SimulatedI2cRegisters
from drivers.simulated.registers import RegisterChip
from tests.drivers.wiring import Memory, i2c_bus
from tests.simulation.greenhouse import Site
from tests.simulation.virtual_clock import VirtualClock

AT = 0x48
IDENTITY = RegisterValue(register=0x0F, value=0x0117, width=16)
REGISTERS = {
    "temperature": I2cRegister(register=0, width=16, mask=0xFFF0, signed=True, scale=0.0625, unit="Cel"),
    "raw": I2cRegister(register=4, width=24, order="little"),
    "gain": I2cRegister(register=8, mask=0b0011_1000, writable=True),
    "threshold": I2cRegister(
        register=10, width=16, signed=True, scale=0.5, low=-40, high=85, unit="Cel", writable=True
    ),
}


def driver_on(chip, **settings):
    given = {"address": AT, "registers": REGISTERS, **settings}
    return I2cRegisters(i2c_bus({AT: chip}, VirtualClock()), I2cRegistersSettings(**given))


@pytest.fixture
def memory():
    """A part of bytes whose pointer walks."""
    chip = Memory()
    chip.registers[0:2] = bytes.fromhex("E700")
    chip.registers[4:7] = bytes.fromhex("563412")
    chip.registers[8] = 0b1110_1101
    chip.registers[10:12] = (-10).to_bytes(2, signed=True)
    chip.registers[0x0F:0x11] = bytes.fromhex("0117")
    return chip


VALUES = {"temperature": -25.0, "raw": 0x123456, "gain": 5.0, "threshold": -5.0}


def test_every_register_is_read_by_its_width_order_bits_and_sign(memory):
    driver = driver_on(memory)
    driver.open()
    assert driver.read() == VALUES


def test_channels_are_as_the_settings_say():
    temperature, raw, gain, threshold = I2cRegisters.channels(I2cRegistersSettings(address=AT, registers=REGISTERS))
    assert (temperature.low, temperature.high, temperature.resolution) == (-128.0, 127.9375, 0.0625)
    assert (raw.low, raw.high, raw.unit, raw.writable) == (0, 0xFFFFFF, "/", False)
    assert (gain.low, gain.high, gain.about, gain.writable) == (0, 7, "register 0x08", True)
    assert (threshold.low, threshold.high, threshold.unit) == (-40, 85, "Cel")


def test_bits_of_one_register_are_read_at_once(memory):
    both = {name: I2cRegister(register=8, mask=mask) for name, mask in (("low", 0x0F), ("high", 0xF0))}
    driver = driver_on(memory, registers=both)
    driver.open()
    memory.transfers.clear()
    assert driver.read() == {"low": 0x0D, "high": 0x0E}
    assert memory.transfers == [b"\x08"]


@pytest.mark.parametrize(
    ("channel", "value", "expected", "sent"),
    [
        ("threshold", 21.2, 21.0, ["0a002a", "0a"]),
        ("threshold", -40, -40.0, ["0affb0", "0a"]),
        ("gain", 2, 2.0, ["08", "08d5", "08"]),
        ("gain", 7.0, 7.0, ["08", "08fd", "08"]),
    ],
)
def test_what_is_written_leaves_other_bits_alone_and_is_read_back(memory, channel, value, expected, sent):
    driver = driver_on(memory)
    driver.open()
    memory.transfers.clear()
    assert driver.write(channel, value) == expected
    assert [data.hex() for data in memory.transfers] == sent
    assert driver.read() == {**VALUES, channel: expected}


@pytest.mark.parametrize(
    ("channel", "value"),
    [
        ("temperature", 20.0), ("nothing", 1), ("gain", 8), ("gain", -1), ("gain", True), ("gain", "high"),
        ("threshold", 85.5), ("threshold", float("nan")), ("threshold", float("inf")),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused_before_anything_is_sent(memory, channel, value):
    driver = driver_on(memory)
    driver.open()
    memory.transfers.clear()
    with pytest.raises(BadValueError, match=channel):
        driver.write(channel, value)
    assert memory.transfers == []


def test_limits_that_the_bits_do_not_hold_are_told_when_such_a_value_comes(memory):
    driver = driver_on(memory, registers={"speed": I2cRegister(register=8, writable=True, high=1000)})
    with pytest.raises(BadValueError, match=r"i2c_registers: speed: 300 does not fit; .* from 0 to 255"):
        driver.write("speed", 300)


def test_what_the_part_did_not_take_is_told_as_it_is():
    class Fixed(RegisterChip):
        def stored(self, register, value):
            pass

    driver = driver_on(Fixed())
    driver.open()
    assert driver.write("threshold", 20) == 0.0


def test_another_part_is_refused_and_nothing_is_written_to_it(memory):
    memory.registers[0x10] = 0x18
    driver = driver_on(memory, identity=IDENTITY, setup=(RegisterValue(register=1, value=7),))
    with pytest.raises(WrongPartError, match="i2c_registers at 0x48: register 0x0F holds 0118 and not 0117"):
        driver.open()
    assert [data for data in memory.transfers if len(data) > 1] == []


def test_the_right_part_is_set_up_each_time_in_order(memory):
    setup = (
        RegisterValue(register=0x20, value=1),
        RegisterValue(register=0x21, value=0x0203, width=16, order="little"),
    )
    driver = driver_on(memory, identity=IDENTITY, setup=setup)
    for _ in range(2):
        memory.transfers.clear()
        driver.open()
        assert [data.hex() for data in memory.transfers[:3]] == ["0f", "2001", "210302"]
    assert driver.read() == VALUES


def test_opening_leaves_what_is_driven_as_it_is(memory):
    driver = driver_on(memory, identity=IDENTITY)
    driver.open()
    driver.write("threshold", 30)
    driver.close()
    driver.open()
    assert driver.read()["threshold"] == 30.0


@pytest.mark.parametrize(("fault", "error"), [("absent", NoAnswerError), ("hung", BusError)])
def test_what_does_not_answer_is_told_by_every_call(memory, fault, error):
    driver = driver_on(memory)
    driver.open()
    setattr(memory.faults, fault, True)
    for call in (driver.open, driver.read, lambda: driver.write("gain", 1), lambda: driver.write("threshold", 1)):
        with pytest.raises(error, match="0x48"):
            call()
    setattr(memory.faults, fault, False)
    assert driver.read() == VALUES


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"registers": {}}, "no registers"),
        ({"setup": (RegisterValue(register=8, value=0),)}, "setup: register 0x08 is that of gain, which is writable"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        I2cRegistersSettings(**{"address": AT, "registers": REGISTERS, **settings})


def test_a_known_value_has_to_fit_its_width():
    assert RegisterValue(register=0, value=0x117, width=16).value == 0x117
    with pytest.raises(ValueError, match="value 0x117 does not fit into 8 bits"):
        RegisterValue(register=0, value=0x117)


def test_simulated_it_measures_the_world_and_keeps_what_is_written():
    settings = I2cRegistersSettings(address=AT, registers=REGISTERS, identity=IDENTITY)
    site = Site({"i2c": [SimulatedDevice("shelf", "i2c_registers", settings)]})
    driver = I2cRegisters(I2CBus(site.hardware.backend("i2c"), clock=site.clock), settings)
    driver.open()
    assert driver.write("gain", 3) == 3.0
    assert driver.write("threshold", 25) == 25.0
    readings = driver.read()
    assert readings["temperature"] == pytest.approx(site.hardware.world.value("room.temperature"), abs=1.0)
    assert (readings["raw"], readings["gain"], readings["threshold"]) == (0.0, 3.0, 25.0)


def test_simulated_words_side_by_side_do_not_overlap():
    words = {name: I2cRegister(register=number, width=16, unit="Cel") for number, name in enumerate(("one", "two"))}
    chip = SimulatedI2cRegisters(
        I2cRegistersSettings(address=AT, registers=words), {"one": lambda: 0x1234, "two": lambda: 1e9}
    )
    driver = driver_on(chip, registers=words)
    driver.open()
    assert driver.read() == {"one": 0x1234, "two": 0xFFFF}
