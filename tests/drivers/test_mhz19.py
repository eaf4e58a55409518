from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BusError, ChecksumError, NoAnswerError
from drivers.mhz19 import Mhz19, Mhz19Settings, decode_co2, encode_command, find_answer
from drivers.simulated.mhz19 import SimulatedMhz19
from tests.drivers.wiring import serial_bus
from tests.simulation.virtual_clock import VirtualClock

GOOD = bytes.fromhex("FF8602604700000 0D1".replace(" ", ""))


class Bench:
    def __init__(self, timeout_s: float = 4.0, **settings):
        self.co2 = 0.0006
        self.clock = VirtualClock()
        self.part = SimulatedMhz19(self.clock, lambda: self.co2)
        self.driver = Mhz19(serial_bus(self.part, self.clock, timeout_s), Mhz19Settings(**settings))


@pytest.fixture
def bench():
    made = Bench()
    made.driver.open()
    return made


def test_the_manuals_examples():
    assert encode_command(0x86) == bytes.fromhex("FF 01 86 00 00 00 00 00 79")
    assert encode_command(0x79, 0xA0) == bytes.fromhex("FF 01 79 A0 00 00 00 00 E6")
    assert decode_co2(find_answer(GOOD)) == 0.000608


@given(st.binary(max_size=30))
def test_noise_before_an_answer_is_skipped(noise):
    found = find_answer(noise + GOOD)
    assert found == GOOD or found in noise + GOOD[:8]


@given(st.binary(max_size=60))
def test_what_is_found_has_a_good_checksum(data):
    found = find_answer(data)
    assert found == b"" or (len(found) == 9 and sum(found[1:]) & 0xFF == 0)


@given(st.integers(0, 71))
def test_one_wrong_bit_is_noticed(bit):
    broken = bytearray(GOOD)
    broken[bit // 8] ^= 1 << bit % 8
    assert find_answer(bytes(broken)) == b""


def test_the_air_is_read_as_it_is(bench):
    for ppm in (400, 608, 2000, 4999):
        bench.co2 = ppm * 1e-6
        assert bench.driver.read() == {"co2": pytest.approx(ppm * 1e-6)}


def test_a_silent_part_is_told_within_half_a_second(bench):
    bench.part.faults.absent = True
    before_s = bench.clock.now_s()
    with pytest.raises(NoAnswerError, match="nothing comes"):
        bench.driver.read()
    assert bench.clock.now_s() - before_s == pytest.approx(0.5)
    bench.part.faults.absent = False
    assert bench.driver.read() == {"co2": 0.0006}


def test_a_wait_stays_below_the_limit_of_the_bus():
    bench = Bench(timeout_s=0.2)
    bench.part.faults.absent = True
    with pytest.raises(NoAnswerError):
        bench.driver.open()
    assert bench.clock.now_s() == pytest.approx(0.16)


@pytest.mark.parametrize("fault", [{"corrupt_every": 1}, {"cut": 5}])
def test_bytes_without_a_good_frame_are_a_checksum_error(bench, fault):
    for name, value in fault.items():
        setattr(bench.part.faults, name, value)
    with pytest.raises(ChecksumError, match="9600 baud"):
        bench.driver.read()
    for name, value in fault.items():
        setattr(bench.part.faults, name, type(value)())
    assert bench.driver.read() == {"co2": 0.0006}


@pytest.mark.parametrize("noise", [b"\xff", b"\xff\x86", b"\xff\x86\x02\x60", b"\x00"])
def test_noise_before_a_frame_costs_nothing(bench, noise):
    bench.part.faults.noise = noise
    assert bench.driver.read() == {"co2": 0.0006}


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next(bench):
    bench.part.faults.slow_s = 0.6
    with pytest.raises(NoAnswerError):
        bench.driver.read()
    bench.part.faults.slow_s = 0.0
    bench.co2 = 0.001
    bench.clock.sleep(1.0)
    assert bench.driver.read() == {"co2": 0.001}


@pytest.mark.parametrize(("wanted", "expected"), [(None, True), (True, True), (False, False)])
def test_self_calibration_is_changed_only_where_that_is_wanted(wanted, expected):
    bench = Bench(self_calibration=wanted)
    bench.driver.open()
    assert bench.part.self_calibration is expected


def test_an_adapter_that_is_pulled_out_is_an_error_of_the_bus(bench):
    bench.part.faults.hung = True
    with pytest.raises(BusError):
        bench.driver.read()
