from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BusError, ChecksumError, NoAnswerError, WrongPartError
from drivers.pn532 import ACK, Command, Pn532, Pn532Settings, after_ack, decode_tag, encode_command, find_answer
from drivers.simulated.hardware import SimulatedDevice
from drivers.simulated.pn532 import SimulatedPn532, frame_of
from tests.drivers.wiring import serial_bus
from tests.simulation.greenhouse import Site
from tests.simulation.virtual_clock import VirtualClock

HERE = {"present": True, "tag": "04A1B2C3D4E5F6"}
NOBODY = {"present": False, "tag": ""}
FIRMWARE = bytes.fromhex("0000FF06FAD50332010607E800")


class Bench:
    def __init__(self, timeout_s: float = 2.0, **settings):
        self.present = True
        self.clock = VirtualClock()
        self.part = SimulatedPn532(self.clock, lambda: self.present)
        self.driver = Pn532(serial_bus(self.part, self.clock, timeout_s), Pn532Settings(**settings))


@pytest.fixture
def bench():
    made = Bench()
    made.driver.open()
    return made


def test_the_manuals_examples():
    assert encode_command(Command.FIRMWARE) == bytes.fromhex("0000FF02FED4022A00")
    assert encode_command(Command.LIST, 1, 0) == bytes.fromhex("0000FF04FCD44A0100E100")
    assert find_answer(FIRMWARE, Command.FIRMWARE) == bytes.fromhex("D50332010607")
    assert after_ack(b"\x55" + ACK + FIRMWARE) == ACK + FIRMWARE


@pytest.mark.parametrize(
    ("body", "tag"),
    [
        ("D54B00", ""),
        ("D54B010100040804DEADBEEF", "DEADBEEF"),
        ("D54B01010044000704A1B2C3D4E5F6", "04A1B2C3D4E5F6"),
        ("D54B01010044000A0102030405060708090A", "0102030405060708090A"),
        ("D54B010100040804DEADBEEF0578", "DEADBEEF"),
        ("D54B010100040804DEADBE", None),
        ("D54B010100040800", None),
        ("D54B010100040805DEADBEEF00", None),
        ("D54B0101", None),
        ("D54B", None),
    ],
)
def test_the_number_of_a_tag_is_taken_whole_or_not_at_all(body, tag):
    assert decode_tag(bytes.fromhex(body)) == tag


@given(st.integers(8, 8 * (len(FIRMWARE) - 1) - 1))
def test_one_wrong_bit_is_noticed(bit):
    broken = bytearray(FIRMWARE)
    broken[bit // 8] ^= 1 << bit % 8
    assert find_answer(bytes(broken), Command.FIRMWARE) == b""


@given(st.binary(max_size=60), st.binary(max_size=20))
def test_what_is_found_answers_the_command_whatever_is_around_it(before, after):
    found = find_answer(before + FIRMWARE + after, Command.FIRMWARE)
    assert found[:2] == b"\xd5\x03" or found == b"\x7f"
    assert find_answer(ACK + FIRMWARE, Command.LIST) == b""
    assert decode_tag(before) is None or decode_tag(before).isalnum() or decode_tag(before) == ""


@given(st.sampled_from([4, 7, 10]).flatmap(lambda count: st.binary(min_size=count, max_size=count)))
def test_every_number_survives_the_way(number):
    bench = Bench()
    bench.part.tag = number
    bench.driver.open()
    assert bench.driver.read() == {"present": True, "tag": number.hex().upper()}


def test_a_tag_that_comes_and_goes_is_seen(bench):
    assert bench.driver.read() == HERE
    bench.present = False
    assert bench.driver.read() == NOBODY
    bench.present, bench.part.tag = True, bytes.fromhex("DEADBEEF")
    assert bench.driver.read() == {"present": True, "tag": "DEADBEEF"}


@pytest.mark.parametrize("retries", [0, 2, 20])
def test_a_tag_is_looked_for_as_often_as_is_said(retries):
    bench = Bench(retries=retries)
    bench.driver.open()
    assert bench.part.retries == retries


def test_a_part_that_was_reset_gives_no_answer_and_is_set_up_again(bench):
    bench.part.reset()
    bench.present = False
    with pytest.raises(NoAnswerError, match="pn532 on /dev/serial0: nothing comes; check power"):
        bench.driver.read()
    bench.driver.open()
    assert bench.driver.read() == NOBODY


def test_a_part_that_looks_for_ever_is_told_and_ended(bench):
    bench.present, bench.part.retries = False, 0xFF
    before_s = bench.clock.now_s()
    with pytest.raises(NoAnswerError, match="took the command 4A and does not answer it"):
        bench.driver.read()
    assert bench.clock.now_s() - before_s < 0.8
    bench.driver.open()
    assert bench.driver.read() == NOBODY


def test_a_part_whose_supply_fails_again_and_again_gives_no_answer(bench):
    bench.part.faults.brown_out = True
    with pytest.raises(NoAnswerError):
        bench.driver.read()


def test_a_wait_stays_below_the_limit_of_the_bus():
    bench = Bench(timeout_s=1.0)
    bench.part.faults.absent = True
    for call in (bench.driver.open, bench.driver.read):
        before_s = bench.clock.now_s()
        with pytest.raises(NoAnswerError):
            call()
        assert bench.clock.now_s() - before_s <= 0.8


@pytest.mark.parametrize("fault", [{"corrupt_every": 1}, {"corrupt_every": 2}, {"cut": 4}, {"cut": 8}])
def test_garbage_and_half_frames_are_a_checksum_error(bench, fault):
    bench.part.faults._answers = 0
    for name, value in fault.items():
        setattr(bench.part.faults, name, value)
    with pytest.raises(ChecksumError, match="no good frame; the part speaks at 115200 baud"):
        bench.driver.read()
    for name, value in fault.items():
        setattr(bench.part.faults, name, type(value)())
    assert bench.driver.read() == HERE


@pytest.mark.parametrize("noise", [b"\x00", b"\x00\xff", b"\x00\x00\xff\x03", b"\xff\x80", b"\x00\xff\x01\xff"])
def test_noise_before_a_frame_costs_nothing(bench, noise):
    bench.part.faults.noise = noise
    assert bench.driver.read() == HERE


def test_a_late_answer_is_not_taken_for_that_of_the_next_command(bench):
    bench.part._coming.append((0.0, FIRMWARE))
    bench.clock.sleep(1.0)
    assert bench.driver.read() == HERE


def test_an_answer_that_cannot_be_is_no_tag(bench):
    bench.part.tag = b"\x01\x02\x03"
    with pytest.raises(ChecksumError, match="an answer that cannot be: d54b"):
        bench.driver.read()


def test_a_relative_of_the_part_is_named():
    bench = Bench()
    bench.part.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="a chip of kind 33 answers"):
        bench.driver.open()


def test_a_part_that_does_not_know_a_command_is_told(bench):
    bench.part.knows = set()
    with pytest.raises(WrongPartError, match="does not know the command 4A"):
        bench.driver.read()
    assert find_answer(frame_of(b"\x7f"), Command.LIST) == b"\x7f"


def test_an_adapter_that_is_pulled_out_is_an_error_of_the_bus_and_is_found_again(bench):
    bench.part.faults.hung = True
    for _ in range(2):
        with pytest.raises(BusError, match="Input/output error"):
            bench.driver.read()
    bench.part.faults.hung = False
    assert bench.driver.read() == HERE


def test_a_stuck_part_repeats_itself(bench):
    assert bench.driver.read() == HERE
    bench.part.faults.stuck = True
    bench.present = False
    assert bench.driver.read() == HERE


def test_a_site_on_a_desk_has_a_tag_where_the_door_is_closed():
    site = Site({"uart": [SimulatedDevice("gate", "pn532", Pn532Settings())]}, door_opens_every_s=0.0)
    assert site.read() == {"gate/present": True, "gate/tag": "04A1B2C3D4E5F6"}
