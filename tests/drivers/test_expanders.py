from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BadValueError, NoAnswerError, WrongPartError
from drivers.expander import ExpanderPin, boot_latch, check_pins, mask_of
from drivers.mcp23s17 import Mcp23s08, Mcp23s08Settings, Mcp23s17, Mcp23s17Settings
from drivers.mcp23017 import Mcp23008, Mcp23008Settings, Mcp23017, Mcp23017Settings
from drivers.pcf8574 import Pcf8574, Pcf8574Settings
from drivers.simulated.expanders import SelectedExpander, SimulatedPcf8574, SimulatedRegisterExpander, Wiring
from drivers.tca9555 import Tca9555, Tca9555Settings
from tests.drivers.wiring import i2c_bus, spi_bus
from tests.simulation.virtual_clock import VirtualClock

PINS = {
    "door": ExpanderPin(pin=0, active_low=True),
    "leak": ExpanderPin(pin=3),
    "relay": ExpanderPin(pin=5, output=True, active_low=True),
    "lamp": ExpanderPin(pin=6, output=True),
}
PARTS = ["pcf8574", "pcf8575", "mcp23017", "mcp23008", "mcp23s17", "mcp23s08", "tca9555"]


class Bench:
    """One expander whose pins in `grounded` are held low."""

    def __init__(self, part: str, pins=PINS):
        self.grounded: set[int] = set()
        wiring = Wiring(lambda pin: pin in self.grounded)
        match part:
            case "pcf8574" | "pcf8575":
                bits = 8 if part == "pcf8574" else 16
                self.chip = SimulatedPcf8574(bits, wiring)
                self.make = lambda: Pcf8574(self.bus, Pcf8574Settings(bits=bits, pins=pins))
            case "mcp23017":
                self.chip = SimulatedRegisterExpander(Mcp23017, wiring, latch=0, pulled_up=0xFFFF)
                self.make = lambda: Mcp23017(self.bus, Mcp23017Settings(pins=pins))
            case "mcp23008":
                self.chip = SimulatedRegisterExpander(Mcp23008, wiring, latch=0, pulled_up=0xFF)
                self.make = lambda: Mcp23008(self.bus, Mcp23008Settings(pins=pins))
            case "mcp23s17" | "mcp23s08":
                kind, settings = (Mcp23s17, Mcp23s17Settings) if part == "mcp23s17" else (Mcp23s08, Mcp23s08Settings)
                self.chip = SimulatedRegisterExpander(kind, wiring, latch=0, pulled_up=(1 << 8 * kind.width) - 1)
                self.make = lambda: kind(spi_bus(SelectedExpander(self.chip)), settings(pins=pins))
            case _:
                self.chip = SimulatedRegisterExpander(Tca9555, wiring, latch=0xFFFF, pulled_up=0xFFFF)
                self.make = lambda: Tca9555(self.bus, Tca9555Settings(pins=pins))
        self.bus = i2c_bus({0x20: self.chip}, VirtualClock())
        self.driver = self.make()


@pytest.fixture(params=PARTS)
def bench(request):
    return Bench(request.param)


QUIET = {"door": False, "leak": True, "relay": False, "lamp": False}


def test_pins_are_where_their_numbers_say(bench):
    bench.driver.open()
    assert bench.driver.read() == QUIET
    bench.grounded = {0, 3}
    assert bench.driver.read() == QUIET | {"door": True, "leak": False}


def test_an_input_that_was_held_low_is_high_again_whatever_was_driven_meanwhile(bench):
    bench.driver.open()
    bench.grounded = {0}
    assert bench.driver.write("relay", True) is True
    assert bench.driver.write("lamp", True) is True
    bench.grounded = set()
    assert bench.driver.read() == QUIET | {"relay": True, "lamp": True}


def test_no_output_that_is_off_moves_at_the_start(bench):
    bench.driver.open()
    told = [(pin, level) for pin, level in bench.chip.changes if pin == 5]
    # High is off there: it is never driven low, not for a moment.
    assert (5, False) not in told
    assert [pin for pin, _ in bench.chip.changes if pin not in (5, 6)] == []


@pytest.mark.parametrize("part", ["mcp23017", "mcp23008", "mcp23s17", "mcp23s08", "tca9555"])
def test_a_restart_of_the_gateway_moves_nothing(part):
    bench = Bench(part)
    bench.driver.open()
    bench.driver.write("relay", True)
    bench.chip.changes.clear()
    again = bench.make()
    again.open()
    assert bench.chip.changes == []
    assert again.read()["relay"] is True


def test_a_reopened_expander_keeps_what_it_drives(bench):
    bench.driver.open()
    bench.driver.write("lamp", True)
    bench.chip.faults.nack = 1
    with pytest.raises(NoAnswerError):
        bench.driver.read()
    bench.driver.open()
    assert bench.driver.read()["lamp"] is True


def test_a_part_that_lost_its_supply_is_noticed_and_begins_anew(bench):
    bench.driver.open()
    bench.driver.write("relay", True)
    bench.driver.write("lamp", True)
    bench.chip.reset()
    with pytest.raises(NoAnswerError, match="lost its supply"):
        bench.driver.read()
    bench.driver.open()
    assert bench.driver.read() == QUIET


@pytest.mark.parametrize(("channel", "value"), [("door", True), ("nothing", True), ("relay", 1.0), ("relay", "on")])
def test_what_cannot_be_driven_is_refused(bench, channel, value):
    bench.driver.open()
    with pytest.raises(BadValueError):
        bench.driver.write(channel, value)
    assert bench.driver.read() == QUIET


def test_nobody_answering_is_told(bench):
    bench.chip.faults.absent = True
    for call in (bench.driver.open, lambda: bench.driver.write("relay", True)):
        with pytest.raises(NoAnswerError):
            call()


@pytest.mark.parametrize("part", ["mcp23017", "mcp23008", "mcp23s17", "mcp23s08"])
def test_another_part_at_the_address_is_told_and_left_alone(part):
    bench = Bench(part)
    bench.chip.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="another part answers"):
        bench.driver.open()
    assert bench.chip.changes == []


def test_pull_ups_are_those_of_the_inputs_alone():
    bench = Bench("mcp23017")
    bench.driver.open()
    assert bench.chip.registers[0x0C:0x0E] == b"\x09\x00"
    assert bench.chip.registers[0x00:0x02] == b"\x9f\xff"


def test_the_second_port_is_the_second_byte():
    for part in ("pcf8575", "mcp23017", "mcp23s17", "tca9555"):
        bench = Bench(part, {"high": ExpanderPin(pin=12, output=True), "in": ExpanderPin(pin=11)})
        bench.driver.open()
        assert bench.driver.write("high", True) is True
        assert bench.chip._levels[12] is True
        bench.grounded = {11}
        assert bench.driver.read() == {"high": True, "in": False}


@given(
    st.sampled_from(PARTS),
    st.lists(st.tuples(st.sampled_from(["relay", "lamp"]), st.booleans()), max_size=8),
    st.sets(st.integers(0, 7)),
)
def test_outputs_are_what_was_written_last_and_inputs_what_is_there(part, orders, grounded):
    bench = Bench(part)
    bench.driver.open()
    bench.grounded = grounded - {5, 6}
    expected = {"relay": False, "lamp": False}
    for channel, value in orders:
        assert bench.driver.write(channel, value) is value
        expected[channel] = value
    inputs = {"door": 0 in grounded, "leak": 3 not in grounded}
    assert bench.driver.read() == inputs | expected


def test_levels_at_boot():
    pins = {
        "a": ExpanderPin(pin=0, output=True, boot=True),
        "b": ExpanderPin(pin=1, output=True, active_low=True),
        "c": ExpanderPin(pin=2, output=True),
        "d": ExpanderPin(pin=9),
    }
    assert boot_latch(pins) == 0b011
    assert mask_of(pins, output=True) == 0b111
    assert mask_of(pins, output=False) == 1 << 9


@pytest.mark.parametrize(
    ("pins", "message"),
    [
        ({}, "no pins"),
        ({"a": ExpanderPin(pin=8)}, "allowed are 0 to 7"),
        ({"a": ExpanderPin(pin=1), "b": ExpanderPin(pin=1)}, "both a and b"),
    ],
)
def test_pins_that_cannot_be_are_refused(pins, message):
    with pytest.raises(ValueError, match=message):
        check_pins(pins, 8)
    with pytest.raises(ValueError, match=message):
        Pcf8574Settings(pins=pins)
