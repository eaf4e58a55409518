from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BusError, ChecksumError, NoAnswerError, WrongPartError
from drivers.bus.spi import SpiBus
from drivers.rc522 import ERRORS, VERSIONS, Rc522, Rc522Settings, told_errors
from drivers.simulated.hardware import SimulatedDevice
from drivers.simulated.rc522 import SimulatedRc522, State
from drivers.simulated.spi import SimulatedSpiDev
from tests.drivers.wiring import spi_bus
from tests.simulation.greenhouse import Site
from tests.simulation.virtual_clock import VirtualClock

HERE = {"present": True, "tag": "04A1B2C3D4E5F6"}
NOBODY = {"present": False, "tag": ""}


class Bench:
    def __init__(self, **settings):
        self.present = lambda: True
        self.clock = VirtualClock()
        self.part = SimulatedRc522(self.clock, lambda: bool(self.present()))
        self.driver = Rc522(spi_bus(self.part, self.clock), Rc522Settings(**settings))

    def answer(self, *turns):
        """Let the next answers of the tag be changed by these, in turn, and all further ones come as they are."""
        coming = itertools.chain(turns, itertools.repeat(bytes))

        def spoil(data):
            return next(coming)(data)

        self.part.spoil = spoil


@pytest.fixture
def bench():
    made = Bench()
    made.driver.open()
    return made


def inverted(data):
    """The answer with its last bit the other way."""
    return data[:-1] + bytes([data[-1] ^ 1])


@given(st.sampled_from([4, 7, 10]).flatmap(lambda count: st.binary(min_size=count, max_size=count)))
def test_every_number_survives_the_way(number):
    bench = Bench()
    bench.part.tag.number = number
    bench.driver.open()
    assert bench.driver.read() == {"present": True, "tag": number.hex().upper()}


def test_a_number_of_four_bytes_takes_one_level_and_of_seven_two(bench):
    bench.driver.read()
    assert [data[:2].hex() for data in bench.part.said] == ["52", "9320", "9370", "9520", "9570", "5000"]
    bench.part.said.clear()
    bench.part.tag.number = bytes.fromhex("DEADBEEF")
    assert bench.driver.read() == {"present": True, "tag": "DEADBEEF"}
    assert [data[:2].hex() for data in bench.part.said] == ["52", "9320", "9370", "5000"]


def test_a_tag_that_stays_is_halted_and_woken_again(bench):
    for _ in range(3):
        assert bench.driver.read() == HERE
        assert bench.part.tag.state is State.HALTED


def test_a_tag_that_comes_and_goes_is_seen(bench):
    bench.present = lambda: False
    assert bench.driver.read() == NOBODY
    bench.present = lambda: True
    assert bench.driver.read() == HERE


@pytest.mark.parametrize("frames", range(1, 6))
def test_a_tag_that_leaves_in_the_middle_is_none(bench, frames):
    there = iter([True] * frames)
    bench.present = lambda: next(there, False)
    found = bench.driver.read()
    assert found == (HERE if frames == 5 else NOBODY)
    bench.present = lambda: True
    assert bench.driver.read() == HERE


@pytest.mark.parametrize("retries", [1, 2, 10])
def test_without_a_tag_it_is_looked_for_as_often_as_is_said_by_both_words(retries):
    bench = Bench(retries=retries)
    bench.present = lambda: False
    bench.driver.open()
    before_s = bench.clock.now_s()
    assert bench.driver.read() == NOBODY
    assert bench.part.said == list(itertools.islice(itertools.cycle([b"\x52", b"\x26"]), retries + 1))
    assert bench.clock.now_s() - before_s <= 0.007 * (retries + 1)


@pytest.mark.parametrize("at", range(5))
def test_one_disturbed_answer_costs_a_second_look(at):
    bench = Bench(retries=1)
    bench.driver.open()
    bench.answer(*[bytes] * at, inverted if at else lambda data: data + b"\x00")
    assert bench.driver.read() == HERE
    assert bench.part.said.count(b"\x52") == 2


@pytest.mark.parametrize("state", list(State))
def test_a_tag_is_woken_whatever_it_waits_for(bench, state):
    bench.part.tag.state = state
    assert bench.driver.read() == HERE


@pytest.mark.parametrize(
    ("turns", "message"),
    [
        ((bytes, inverted), r"wrong check byte \(BCC\): 8804a1b29e"),
        ((bytes, bytes, inverted), r"wrong CRC_A: 04da16"),
        ((lambda data: data[:1],), "answer to the wake-up that cannot be: 44"),
    ],
)
def test_answers_that_are_bad_again_and_again_are_an_error(bench, turns, message):
    bench.answer(*turns * 3)
    with pytest.raises(ChecksumError, match=rf"rc522 at /dev/spidev0\.0: .*{message}"):
        bench.driver.read()
    assert bench.driver.read() == HERE


def test_an_answer_with_a_part_of_a_byte_is_an_error(bench):
    bench.part.registers[0x0C] = 0x04
    with pytest.raises(ChecksumError, match=r"no whole bytes \(2 bytes, 4 bits in the last\)"):
        bench.driver.read()


def test_an_answer_longer_than_the_part_can_hold_is_an_error(bench):
    bench.part.spoil = lambda data: data * 33
    with pytest.raises(ChecksumError, match=r"no whole bytes \(66 bytes, 0 bits in the last\)"):
        bench.driver.read()


def test_bytes_that_were_left_in_the_part_are_not_sent(bench):
    bench.part.queue += b"\x01\x02"
    assert bench.driver.read() == HERE
    assert bench.part.said[0] == b"\x52"


@pytest.mark.parametrize(("bit", "words"), ERRORS.items())
def test_what_the_part_tells_of_an_answer_is_an_error_in_words(bench, bit, words):
    bench.part.errors = lambda: bit
    with pytest.raises(ChecksumError, match=rf"rc522 at /dev/spidev0\.0: .*{words}"):
        bench.driver.read()
    bench.part.errors = int
    assert bench.driver.read() == HERE


@given(st.integers(0, 255))
def test_every_bit_of_the_errors_is_told_once(bits):
    assert [words in told_errors(bits) for words in ERRORS.values()] == [bool(bits & bit) for bit in ERRORS]
    assert bool(told_errors(bits)) == bool(bits & 0x1F)


@pytest.mark.parametrize("version", sorted(VERSIONS))
def test_relatives_and_clones_are_read(version):
    bench = Bench()
    bench.part.version = version
    bench.driver.open()
    assert bench.driver.read() == HERE


@given(st.integers(1, 254).filter(lambda version: version not in VERSIONS))
def test_another_version_is_another_part(version):
    bench = Bench()
    bench.driver.open()
    bench.part.version = version
    for call in (bench.driver.open, bench.driver.read):
        with pytest.raises(WrongPartError, match=f"version {version:02X} answers; allowed are 88, 89, 90"):
            call()


@pytest.mark.parametrize(("fault", "level"), [("absent", "high"), ("shorted", "low")])
def test_a_part_that_is_not_there_does_not_answer(bench, fault, level):
    setattr(bench.part.faults, fault, True)
    for call in (bench.driver.open, bench.driver.read):
        with pytest.raises(NoAnswerError, match=rf"rc522 at /dev/spidev0\.0: no answer, the data line stays {level}"):
            call()


def test_a_part_that_lost_its_supply_is_told_and_set_up_again(bench):
    bench.part.reset()
    with pytest.raises(NoAnswerError, match="lost its setup"):
        bench.driver.read()
    bench.driver.open()
    assert bench.driver.read() == HERE


def test_a_part_whose_supply_fails_again_and_again_is_never_opened():
    bench = Bench()
    bench.part.faults.brown_out = True
    before_s = bench.clock.now_s()
    with pytest.raises(NoAnswerError, match="does not end what it was told"):
        bench.driver.open()
    assert bench.clock.now_s() - before_s < 0.1


def test_a_bus_that_hangs_is_an_error_of_the_bus_and_works_again(bench):
    bench.part.faults.hung = True
    with pytest.raises(BusError):
        bench.driver.read()
    bench.part.faults.hung = False
    assert bench.driver.read() == HERE


class Disturbed(SimulatedRc522):
    """A part of which, once it was found and is set up, arbitrary bytes come wherever it tells of an answer."""

    noise = b""

    def _read(self, register):
        if self.noise and register in {0x04, 0x06, 0x09, 0x0A, 0x0C}:
            self.noise = self.noise[1:] + self.noise[:1]
            return self.noise[0]
        return super()._read(register)


@given(st.binary(min_size=1, max_size=40))
def test_arbitrary_bytes_are_a_reading_or_a_declared_error(noise):
    clock = VirtualClock()
    part = Disturbed(clock, lambda: True)
    driver = Rc522(SpiBus(lambda: SimulatedSpiDev({0: part}), clock=clock), Rc522Settings())
    driver.open()
    part.noise = noise
    before_s = clock.now_s()
    try:
        found = driver.read()
    except (ChecksumError, NoAnswerError):
        assert clock.now_s() - before_s < 0.5
    else:
        assert found["present"] == bool(found["tag"])
    part.noise = b""
    assert driver.read() == HERE


def test_a_site_on_a_desk_has_a_tag_where_the_door_is_closed():
    site = Site({"spi": [SimulatedDevice("gate", "rc522", Rc522Settings())]}, door_opens_every_s=0.0)
    assert site.read() == {"gate/present": True, "gate/tag": "04A1B2C3D4E5F6"}
