from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BusError, ChecksumError, NoAnswerError, WrongPartError
from drivers.sds011 import Sds011, Sds011Settings, decode_dust, encode_command, find_frame
from drivers.simulated.sds011 import SimulatedSds011
from tests.drivers.wiring import serial_bus
from tests.simulation.virtual_clock import VirtualClock

GOOD = bytes.fromhex("AAC0D4043A0AA1601DAB")


class Bench:
    def __init__(self, **settings):
        self.pm2_5, self.pm10 = 12.3, 45.6
        self.clock = VirtualClock()
        self.part = SimulatedSds011(self.clock, lambda: self.pm2_5 / 1e9, lambda: self.pm10 / 1e9)
        self.driver = Sds011(serial_bus(self.part, self.clock), Sds011Settings(**settings))


@pytest.fixture
def bench():
    made = Bench()
    made.driver.open()
    return made


READING = {"pm2_5": 12.3 / 1e9, "pm10": 45.6 / 1e9}


def test_the_protocols_examples():
    assert decode_dust(find_frame(GOOD)) == {"pm2_5": 123.6 / 1e9, "pm10": 261.8 / 1e9}
    assert encode_command(4) == bytes.fromhex("AAB404" + "00" * 12 + "FFFF02AB")
    assert encode_command(6, 1, 1, part=0xA160) == bytes.fromhex("AAB4060101" + "00" * 10 + "A16009AB")


@given(st.integers(0, 79))
def test_one_wrong_bit_of_what_is_summed_is_noticed(bit):
    broken = bytearray(GOOD)
    broken[bit // 8] ^= 1 << bit % 8
    assert find_frame(bytes(broken)) == b""


@given(st.binary(max_size=60))
def test_what_is_found_is_whole_and_sums_up(data):
    found = find_frame(data)
    assert found == b"" or (len(found) == 10 and sum(found[2:8]) & 0xFF == found[8])


def test_the_air_is_read_as_it_is(bench):
    assert bench.driver.read() == READING
    bench.pm2_5 = 0.0
    assert bench.driver.read()["pm2_5"] == 0.0


def test_it_speaks_only_when_asked_once_it_is_open(bench):
    bench.driver._bus.drain()
    bench.clock.sleep(60.0)
    assert bench.driver._bus.drain() == b""


def test_a_sleeping_part_is_woken():
    bench = Bench()
    bench.part.awake = False
    bench.driver.open()
    assert bench.driver.read() == READING


def test_a_part_that_fell_asleep_gives_no_answer(bench):
    bench.part.awake = False
    with pytest.raises(NoAnswerError, match="nothing comes"):
        bench.driver.read()
    bench.driver.open()
    assert bench.driver.read() == READING


def test_another_parts_number_is_told():
    bench = Bench(id=0xA160)
    bench.driver.open()
    bench.part.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="0x0BAD answers, 0xA160 is wanted"):
        bench.driver.open()


@pytest.mark.parametrize("fault", [{"corrupt_every": 1}, {"cut": 9}])
def test_bytes_without_a_good_frame_are_a_checksum_error(bench, fault):
    for name, value in fault.items():
        setattr(bench.part.faults, name, value)
    with pytest.raises(ChecksumError):
        bench.driver.read()
    for name, value in fault.items():
        setattr(bench.part.faults, name, type(value)())
    assert bench.driver.read() == READING


@pytest.mark.parametrize("noise", [b"\xaa", b"\xaa\xc0", b"\xaa\xc0\x01\xab", b"\x00\xff"])
def test_noise_before_a_frame_costs_nothing(bench, noise):
    bench.part.faults.noise = noise
    assert bench.driver.read() == READING


def test_an_adapter_that_is_pulled_out_is_an_error_of_the_bus_and_is_found_again(bench):
    bench.part.faults.hung = True
    with pytest.raises(BusError):
        bench.driver.read()
    bench.part.faults.hung = False
    assert bench.driver.read() == READING
