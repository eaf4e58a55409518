"""Telling parts on I2C apart: the right name, or none, and nothing moved by the question."""

from __future__ import annotations

import errno

import pytest

from drivers import registry
from drivers.base import BusKind
from drivers.bus.i2c import I2CBus
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.i2c import Chip, NackError
from gateway.cli.identities import ANY_PART, FIRST, IDENTITIES, LAST, LATCHES, UNREAD, at_address
from gateway.cli.scan_i2c import Part, look
from gateway.config.reference import sample
from tests.cli.scanned import Recorder
from tests.drivers.parts import QUIET
from tests.simulation.virtual_clock import VirtualClock

I2C = tuple(sorted({name for name in registry.names() if registry.get(name).bus_kind is BusKind.I2C} - ANY_PART))
UNSEEN = {
    "am2320": "it sleeps, and its address is not asked with a write of no bytes",
    "as3935": "its address is below those that are looked at",
    "sps30": "its address is that of clock chips that hang the bus",
}
every_part = pytest.mark.parametrize("name", I2C)


class Scanned:
    """One part alone on a bus, and a look at it."""

    def __init__(self, name):
        clock = VirtualClock()
        self.settings = sample(registry.get(name))
        device = SimulatedDevice("part", name, self.settings)
        bus = SimulatedHardware(QUIET, clock, {"bus": [device]}).backend("bus")()
        self.chip = bus._chips[self.settings.address]
        self.sent = []
        self.parts, self.failure = look(I2CBus(lambda: Recorder(bus._chips, self.sent), clock=clock), {})


@every_part
def test_alone_on_its_bus_it_is_named_or_among_the_candidates_and_never_another(name):
    scanned = Scanned(name)
    assert scanned.failure == ""
    if name in UNSEEN:
        assert scanned.parts == []
        return
    (part,) = scanned.parts
    assert part.address == scanned.settings.address
    if name in IDENTITIES:
        assert (part.driver, part.maybe) == (name, ())
    else:
        assert part.driver == ""
        assert name in part.maybe


@every_part
def test_a_look_sends_one_byte_at_a_time_and_nothing_to_where_an_output_may_be(name):
    scanned = Scanned(name)
    assert [data for _, data in scanned.sent if len(data) != 1] == []
    assert LATCHES.isdisjoint(address for address, _ in scanned.sent)


def test_every_identity_is_of_a_driver_that_has_an_address():
    assert IDENTITIES.keys() <= set(I2C)
    assert all(any(name in at_address(address) for address in range(FIRST, LAST + 1)) for name in IDENTITIES)


@every_part
def test_every_part_has_an_address_among_those_that_are_looked_at(name):
    assert name in at_address(sample(registry.get(name)).address)


def test_a_driver_of_any_part_is_no_candidate():
    assert {name for address in range(FIRST, LAST + 1) for name in at_address(address)} & ANY_PART == set()
    assert set(registry.names()) >= ANY_PART


class Latch(Chip):
    """Keeps a byte, as a multiplexer keeps which channels it connects."""

    def __init__(self, value, asked=None):
        super().__init__()
        self.value = value
        self.asked = asked if asked is not None else []

    def write(self, data):
        self.asked.append(data)
        self.value = data[-1]

    def read(self, count):
        return bytes([self.value] * count)


def looked(chips, owned=None):
    sent = []
    return *look(I2CBus(lambda: Recorder(chips, sent), clock=VirtualClock()), owned or {}), sent


def test_an_expander_keeps_what_it_drives():
    pins = Latch(0x5A)
    (part,), _, _ = looked({0x20: pins})
    assert (pins.value, pins.asked) == (0x5A, [])
    assert {"pcf8574", "mcp23017", "tca9555"} <= set(part.maybe)


@pytest.mark.parametrize("address", [0x76, 0x77])
def test_a_multiplexer_is_told_and_keeps_the_channels_that_it_had(address):
    switch = Latch(0x04)
    assert looked({address: switch})[0] == [Part(address=address, switch=True)]
    assert switch.value == 0x04


def test_a_part_that_nobody_knows_is_no_known_one():
    """All its registers hold the same."""

    class Strange(Latch):
        def write(self, data):
            self.asked.append(data)

    parts, _, _ = looked({0x48: Strange(0x11), 0x0B: Strange(0)})
    assert [(part.address, part.driver) for part in parts] == [(0x0B, ""), (0x48, "")]
    assert parts[0].maybe == ()
    assert "tmp117" not in parts[1].maybe
    assert "ads1115" in parts[1].maybe


def test_an_address_that_a_driver_of_the_kernel_has_is_not_touched():
    clock_chip = Latch(0)
    parts, _, sent = looked({0x68: clock_chip}, {0x68: "rtc-ds1307"})
    assert parts == [Part(address=0x68, owner="rtc-ds1307")]
    assert sent == []


def test_where_reading_can_hang_the_bus_nobody_looks():
    class Forbidden(Chip):
        def write(self, data):
            raise AssertionError(data)

        def read(self, count):
            raise AssertionError(count)

    assert looked({address: Forbidden() for address in UNREAD})[0] == []


def test_a_bus_that_hangs_ends_the_look_and_what_was_found_before_stays():
    class Hanging(Chip):
        def write(self, _data):
            raise NackError

        def read(self, _count):
            raise OSError(errno.ETIMEDOUT, "timed out")

    parts, failure, _ = looked({0x10: Latch(1), 0x30: Hanging(), 0x50: Latch(1)})
    assert [part.address for part in parts] == [0x10]
    assert "0x30: the bus hangs" in failure
