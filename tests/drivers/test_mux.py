"""Buses behind a multiplexer: the right part answers, and what fails behind one channel fails nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BadValueError, BusError, NoAnswerError
from drivers.bus.mux import I2CMuxes, MuxPlace, split_bus
from drivers.sht4x import Sht4xSettings
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.i2c import SimulatedMux
from tests.drivers.parts import QUIET
from tests.drivers.wiring import Memory, i2c_bus
from tests.simulation.virtual_clock import VirtualClock

PLACES = [MuxPlace(0x70, 0), MuxPlace(0x70, 3), MuxPlace(0x71, 3)]


class Counting(SimulatedMux):
    def __init__(self):
        super().__init__()
        self.writes = []

    def write(self, data):
        self.writes.append(data)
        super().write(data)


class Bench:
    """A part on the bus and one, at the same address, behind each of three channels of two multiplexers."""

    def __init__(self):
        self.muxes = {0x70: Counting(), 0x71: Counting()}
        self.behind = {place: Memory() for place in PLACES}
        for number, (place, part) in enumerate(self.behind.items(), start=1):
            part.registers[5] = number
            self.muxes[place.address].channels[place.channel][0x44] = part
        self.direct = Memory()
        self.bus = i2c_bus({**self.muxes, 0x20: self.direct}, VirtualClock())
        muxes = I2CMuxes(self.bus)
        self.channels = {place: muxes.channel(place) for place in PLACES}

    def read(self, place):
        return self.channels[place].read_register(0x44, 5, 1)[0]


@pytest.fixture
def bench():
    return Bench()


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("i2c-1", ("i2c-1", None)),
        ("i2c-1/0x70/3", ("i2c-1", MuxPlace(0x70, 3))),
        ("green house/0X77/7", ("green house", MuxPlace(0x77, 7))),
    ],
)
def test_a_bus_is_named_with_the_multiplexer_and_the_channel_that_it_is_behind(name, split):
    assert split_bus(name) == split


@pytest.mark.parametrize("name", ["i2c-1/", "i2c-1/0x70", "i2c-1/0x78/0", "i2c-1/70/0", "i2c-1/0x70/8", "/0x70/1"])
def test_another_way_to_write_it_is_refused_with_the_right_one(name):
    with pytest.raises(ValueError, match="BUS/0x70/3"):
        split_bus(name)


@given(st.text(max_size=12))
def test_whatever_a_bus_is_called_it_is_split_or_refused(name):
    try:
        bus, place = split_bus(name)
    except ValueError:
        assert "/" in name
    else:
        assert place is not None or bus == name


@given(st.lists(st.sampled_from(PLACES), max_size=12))
def test_in_whatever_order_they_are_asked_each_channels_own_part_answers(order):
    bench = Bench()
    for place in order:
        assert bench.read(place) == PLACES.index(place) + 1
        assert sum(mux.open.bit_count() for mux in bench.muxes.values()) == 1


def test_a_channel_that_is_open_is_not_opened_again(bench):
    for _ in range(5):
        bench.read(PLACES[1])
    assert bench.muxes[0x70].writes == [b"\x08"]


def test_every_kind_of_transfer_goes_behind_the_channel(bench):
    channel, part = bench.channels[PLACES[1]], bench.behind[PLACES[1]]
    channel.write(0x44, b"\x09")
    channel.write(0x44, bytes(40))
    channel.write_register(0x44, 7, b"\x01")
    assert part.transfers == [b"\x09", bytes(40), b"\x07\x01"]
    assert channel.read(0x44, 1) == b"\x01"
    assert len(channel.read(0x44, 40)) == len(channel.read_register(0x44, 0, 40)) == 40
    assert channel.clock is bench.bus.clock


def test_a_part_that_does_not_answer_is_named_with_its_channel_and_the_next_transfer_chooses_anew(bench):
    bench.behind[PLACES[1]].faults.absent = True
    with pytest.raises(NoAnswerError, match="/dev/i2c-1 mux 0x70 channel 3 address 0x44"):
        bench.read(PLACES[1])
    bench.behind[PLACES[1]].faults.absent = False
    assert bench.read(PLACES[1]) == 2
    assert bench.muxes[0x70].writes == [b"\x08", b"\x00", b"\x08"]


def test_a_multiplexer_that_came_up_again_fails_one_transfer(bench):
    bench.read(PLACES[0])
    bench.muxes[0x70].open = 0
    with pytest.raises(NoAnswerError):
        bench.read(PLACES[0])
    assert bench.read(PLACES[0]) == 1


def test_a_part_that_hangs_hangs_alone(bench):
    bench.read(PLACES[0])
    bench.behind[PLACES[0]].faults.hung = True
    for _ in range(3):
        with pytest.raises(BusError, match="mux 0x70 channel 0 address 0x44: the bus hangs"):
            bench.read(PLACES[0])
        assert bench.bus.read_register(0x20, 5, 1) == b"\x05"
        assert [bench.read(place) for place in PLACES[1:]] == [2, 3]
    bench.behind[PLACES[0]].faults.hung = False
    assert bench.read(PLACES[0]) == 1


def test_a_multiplexer_that_is_gone_takes_only_its_own_channels_along(bench):
    bench.read(PLACES[2])
    bench.muxes[0x71].faults.absent = True
    for address in ("0x44", "0x71"):
        with pytest.raises(NoAnswerError, match=f"address {address}"):
            bench.read(PLACES[2])
    assert [bench.read(place) for place in PLACES[:2]] == [1, 2]


def test_two_open_channels_with_one_address_answer_nothing_of_use(bench):
    bench.bus.write(0x70, b"\x09")
    with pytest.raises(NoAnswerError):
        bench.bus.read_register(0x44, 5, 1)
    assert bench.bus.read(0x70, 1) == b"\x09"


def test_a_closed_channel_leaves_nothing_open(bench):
    bench.read(PLACES[1])
    bench.channels[PLACES[1]].close()
    assert bench.muxes[0x70].open == 0
    bench.muxes[0x70].faults.absent = True
    bench.channels[PLACES[1]].close()


def device(name, behind=None, driver="sht4x", settings=None):
    return SimulatedDevice(name, driver, settings or Sht4xSettings(), behind)


def test_simulated_devices_are_put_behind_their_channels():
    group = [device("a", PLACES[0]), device("b", PLACES[1])]
    hardware = SimulatedHardware(QUIET, VirtualClock(), {"wire": group})
    (mux,) = [hardware.faults("wire/0x70")]
    assert not mux.absent
    assert hardware.faults("a") is not hardware.faults("b")


@pytest.mark.parametrize(
    "group", [[device("a"), device("b", PLACES[0])], [device("a", PLACES[0]), device("b", PLACES[0])]]
)
def test_simulated_devices_that_would_answer_together_are_refused(group):
    with pytest.raises(BadValueError, match="0x44 is taken"):
        SimulatedHardware(QUIET, VirtualClock(), {"wire": group})
