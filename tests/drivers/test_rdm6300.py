from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BusError, ChecksumError
from drivers.rdm6300 import FRAME_BYTES_MAX, Rdm6300, Rdm6300Settings, split_tags
from drivers.simulated.hardware import SimulatedDevice
from drivers.simulated.rdm6300 import SimulatedRdm6300, frame_of
from tests.drivers.wiring import serial_bus
from tests.simulation.greenhouse import Site
from tests.simulation.virtual_clock import VirtualClock

EXAMPLE = b"\x0262E3086CED08\x03"
HERE = {"present": True, "tag": "0E0027C8A5"}
NOBODY = {"present": False, "tag": ""}
tags = st.binary(min_size=5, max_size=5)


class Bench:
    def __init__(self, **settings):
        self.present = True
        self.clock = VirtualClock()
        self.part = SimulatedRdm6300(self.clock, lambda: self.present)
        self.driver = Rdm6300(serial_bus(self.part, self.clock), Rdm6300Settings(**settings))

    def after(self, seconds):
        self.clock.sleep(seconds)
        return self.driver.read()


@pytest.fixture
def bench():
    made = Bench()
    made.driver.open()
    return made


@pytest.mark.parametrize(
    ("data", "found", "rest"),
    [
        (EXAMPLE, ["62E3086CED"], b""),
        (b"\x0262e3086ced08\x03", ["62E3086CED"], b""),
        (b"\x0262E3086CED08\r\n\x03", ["62E3086CED"], b""),
        (EXAMPLE * 3, ["62E3086CED"] * 3, b""),
        (b"8CED08\x03" + EXAMPLE, ["62E3086CED"], b""),
        (EXAMPLE[:9] + EXAMPLE, ["62E3086CED"], b""),
        (EXAMPLE + EXAMPLE[:9], ["62E3086CED"], EXAMPLE[:9]),
        (EXAMPLE[:-1], [], EXAMPLE[:-1]),
        (b"\x0262E3086CED09\x03", [], b""),
        (b"\x0262E3086CEG08\x03", [], b"\x0262E3086CEG08\x03"),
        (b"\x0262E3086CED0\x03", [], b"\x0262E3086CED0\x03"),
        (b"\x02" + b"0" * 20, [], b""),
        (b"", [], b""),
    ],
)
def test_frames_are_cut_out_and_what_is_none_is_dropped(data, found, rest):
    assert split_tags(data) == (found, rest)


@given(st.lists(tags, max_size=4), st.data(), st.sampled_from([b"\x03", b"\r\n\x03"]))
def test_wherever_the_bytes_are_parted_every_tag_comes_once_and_in_order(numbers, data, end):
    stream = b"".join(frame_of(number, end) for number in numbers)
    rest, found = b"", []
    while stream:
        count = data.draw(st.integers(1, len(stream)))
        new, rest = split_tags(rest + stream[:count])
        found += new
        stream = stream[count:]
    assert found == [number.hex().upper() for number in numbers]
    assert rest == b""


@given(tags, st.integers(0, 8 * 14 - 1))
def test_one_wrong_bit_is_noticed(number, bit):
    """But for that of upper and lower case, which is none of the number."""
    broken = bytearray(frame_of(number))
    broken[bit // 8] ^= 1 << bit % 8
    assert split_tags(bytes(broken))[0] in ([], [number.hex().upper()])
    assert (bit % 8 == 5) or split_tags(bytes(broken))[0] == []


@given(st.binary(max_size=200))
def test_of_any_bytes_little_is_kept(data):
    found, rest = split_tags(data)
    assert len(rest) < FRAME_BYTES_MAX
    assert all(len(tag) == 10 for tag in found)


@given(st.binary(max_size=40), tags)
def test_after_any_noise_the_next_frame_but_one_is_read(noise, number):
    assert split_tags(noise + frame_of(number) * 2)[0][-1] == number.hex().upper()


@given(tags)
def test_every_number_survives_the_way(number):
    bench = Bench()
    bench.part.tag = number
    bench.driver.open()
    assert bench.after(0.2) == {"present": True, "tag": number.hex().upper()}


def test_a_reader_without_a_tag_is_silent_and_has_none(bench):
    bench.present = False
    assert [bench.after(1.0) for _ in range(3)] == [NOBODY] * 3


def test_a_tag_that_comes_and_goes_is_seen(bench):
    assert bench.after(1.0) == HERE
    bench.present = False
    bench.after(0.1)
    assert bench.after(0.9) == HERE
    assert bench.after(0.2) == NOBODY
    bench.present, bench.part.tag = True, bytes.fromhex("0102030405")
    assert bench.after(0.2) == {"present": True, "tag": "0102030405"}


def test_a_tag_that_came_and_went_between_two_readings_is_seen_once(bench):
    bench.present = False
    bench.driver.read()
    bench.part.say(frame_of(bench.part.tag))
    assert bench.after(60.0) == HERE
    assert bench.after(60.0) == NOBODY


def test_of_two_tags_the_last_one_counts(bench):
    bench.present = False
    for number in ("1122334455", "66778899AA"):
        bench.part.say(frame_of(bytes.fromhex(number)))
    assert bench.after(0.5) == {"present": True, "tag": "66778899AA"}


def test_a_reader_that_speaks_once_keeps_its_tag_as_long_as_is_said():
    bench = Bench(keep_s=30.0)
    bench.present = False
    bench.driver.open()
    bench.part.say(frame_of(bench.part.tag, b"\r\n\x03"))
    assert bench.after(0.1) == HERE
    assert bench.after(29.9) == HERE
    assert bench.after(0.2) == NOBODY


@pytest.mark.parametrize("still_there", [True, False])
def test_after_a_long_time_without_a_look_only_what_comes_now_counts(bench, still_there):
    bench.driver.read()
    bench.present = False
    bench.part.say(frame_of(bytes.fromhex("1122334455")) * 300)
    bench.clock.sleep(1.0)
    bench.present = still_there
    before_s = bench.clock.now_s()
    assert bench.driver.read() == (HERE if still_there else NOBODY)
    assert bench.clock.now_s() - before_s < 0.4


def test_opened_again_it_begins_anew(bench):
    assert bench.after(0.5) == HERE
    bench.present = False
    bench.driver.open()
    assert bench.driver.read() == NOBODY


@pytest.mark.parametrize("fault", [{"corrupt_every": 1}, {"cut": 9}, {"wrong_part": True}])
def test_much_that_is_no_frame_is_a_checksum_error(bench, fault):
    for name, value in fault.items():
        setattr(bench.part.faults, name, value)
    bench.clock.sleep(1.0)
    with pytest.raises(ChecksumError, match="rdm6300 on /dev/serial0: bytes come, but no good frame of a tag"):
        bench.driver.read()
    for name, value in fault.items():
        setattr(bench.part.faults, name, type(value)())
    assert bench.after(1.0) == HERE


def test_half_a_frame_now_and_then_is_no_tag_and_no_error(bench):
    bench.present = False
    for _ in range(10):
        bench.part.say(frame_of(bench.part.tag)[:9])
        assert bench.after(2.0) == NOBODY


@pytest.mark.parametrize("noise", [b"\x02", b"\x03", b"\x020E0027", b"\x00\xff\x00", b"0123456789"])
def test_noise_before_a_frame_costs_nothing(bench, noise):
    bench.part.faults.noise = noise
    assert bench.after(1.0) == HERE


def test_now_and_then_a_disturbed_frame_costs_nothing(bench):
    bench.part.faults.corrupt_every = 2
    assert [bench.after(0.5) for _ in range(10)] == [HERE] * 10


@pytest.mark.parametrize("fault", ["absent", "brown_out"])
def test_without_power_there_is_no_tag(bench, fault):
    setattr(bench.part.faults, fault, True)
    bench.driver.read()
    assert bench.after(2.0) == NOBODY


def test_an_adapter_that_is_pulled_out_is_an_error_of_the_bus_and_is_found_again(bench):
    bench.part.faults.hung = True
    for call in (bench.driver.read, bench.driver.open):
        with pytest.raises(BusError, match="Input/output error"):
            call()
    bench.part.faults.hung = False
    bench.driver.open()
    assert bench.after(1.0) == HERE


def test_a_stuck_part_repeats_itself(bench):
    assert bench.after(1.0) == HERE
    bench.part.faults.stuck = True
    bench.present = False
    assert bench.after(10.0) == HERE


def test_a_site_on_a_desk_has_a_tag_where_the_door_is_closed():
    site = Site({"uart": [SimulatedDevice("gate", "rdm6300", Rdm6300Settings())]}, door_opens_every_s=0.0)
    site.read()
    site.clock.sleep(1.0)
    assert site.read() == {"gate/present": True, "gate/tag": "0E0027C8A5"}
