from __future__ import annotations

import errno
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BusError, NoAnswerError, SystemClock
from drivers.bus.i2c import I2CBus, open_smbus, opening_error, transfer_error
from drivers.simulated.i2c import SimulatedSMBus
from tests.drivers.wiring import Memory, os_error
from tests.simulation.virtual_clock import VirtualClock

ADDRESS = 0x40


@pytest.fixture
def chip():
    return Memory()


@pytest.fixture
def bus(chip):
    return I2CBus(lambda: SimulatedSMBus({ADDRESS: chip}), clock=VirtualClock())


class Opened(SimulatedSMBus):
    """Counts its openings, and fails as told."""

    def __init__(self, openings: list[Opened], chip: Memory, failure: OSError | None = None) -> None:
        super().__init__({ADDRESS: chip})
        self.closed = 0
        self.failure = failure
        openings.append(self)

    def write_byte(self, i2c_addr, value, force=None):
        if self.failure is not None:
            raise self.failure
        super().write_byte(i2c_addr, value, force)

    def close(self):
        self.closed += 1
        super().close()


@pytest.mark.parametrize("length", [1, 2, 3, 32, 33, 34, 100])
def test_what_is_written_arrives_in_one_transfer_whatever_its_length(bus, chip, length):
    data = bytes(range(length))
    bus.write(ADDRESS, data)
    assert chip.transfers == [data]


@pytest.mark.parametrize("count", [1, 2, 6, 32, 33, 200])
def test_what_is_read_comes_without_a_register_being_sent(bus, chip, count):
    chip.pointer = 5
    assert bus.read(ADDRESS, count) == bytes(range(5, 5 + count))
    assert chip.transfers == []


@pytest.mark.parametrize("count", [1, 2, 32, 33, 200])
def test_a_register_is_read_behind_its_number(bus, chip, count):
    assert bus.read_register(ADDRESS, 7, count) == bytes(range(7, 7 + count))
    assert chip.transfers == [b"\x07"]


@given(register=st.integers(0, 200), data=st.binary(max_size=40))
def test_what_is_written_to_a_register_is_read_back(register, data):
    memory = Memory()
    bus = I2CBus(lambda: SimulatedSMBus({ADDRESS: memory}))
    bus.write_register(ADDRESS, register, data)
    assert bus.read_register(ADDRESS, register, len(data) or 1)[: len(data)] == data


def test_a_read_register_is_one_transaction_so_that_nobody_comes_between():
    class Watched(SimulatedSMBus):
        def i2c_rdwr(self, *i2c_msgs):
            counts.append(len(i2c_msgs))
            super().i2c_rdwr(*i2c_msgs)

    counts: list[int] = []
    I2CBus(lambda: Watched({ADDRESS: Memory()})).read_register(ADDRESS, 0, 60)
    assert counts == [2]


@pytest.mark.parametrize("number", [errno.EREMOTEIO, errno.ENXIO, errno.EIO])
def test_an_address_that_does_not_acknowledge_gives_no_answer(number):
    error = transfer_error("/dev/i2c-1", 0x44, os_error(number))
    assert isinstance(error, NoAnswerError)
    assert "/dev/i2c-1 address 0x44" in str(error)


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (errno.ETIMEDOUT, "hangs"),
        (errno.EBUSY, "kernel driver owns"),
        (errno.ENODEV, "No such device"),
        (errno.EAGAIN, "temporarily unavailable"),
    ],
)
def test_what_is_no_silence_is_an_error_of_the_bus_that_says_what_it_is(number, word):
    error = transfer_error("/dev/i2c-1", 0x44, os_error(number))
    assert isinstance(error, BusError)
    assert word in str(error)


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.ENOENT, "dtparam=i2c_arm=on"),
        (errno.EACCES, "group i2c"),
        (errno.EPERM, "group i2c"),
        (errno.EIO, "cannot be opened"),
    ],
)
def test_a_device_file_that_does_not_open_comes_with_what_to_do(number, hint):
    assert hint in str(opening_error("/dev/i2c-1", os_error(number)))


def test_a_device_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BusError, match=r"i2c-9 does not exist.*raspi-config"):
        open_smbus(str(tmp_path / "i2c-9"))


def test_a_file_that_is_no_adapter_is_an_error_of_the_bus(tmp_path):
    (tmp_path / "i2c-9").write_bytes(b"")
    with pytest.raises(BusError, match="cannot be opened"):
        I2CBus(device=str(tmp_path / "i2c-9")).read(ADDRESS, 1)


def test_without_the_library_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "smbus2", None)
    with pytest.raises(BusError, match="smbus2 is not installed"):
        I2CBus().write(ADDRESS, b"x")


def test_an_adapter_is_opened_with_the_real_library():
    """As far as a machine without I2C goes: the file opens, and then it is no adapter."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(BusError, match=r"/dev/null cannot be opened: .*(ioctl|25)"):
            open_smbus("/dev/null")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_nothing_is_opened_before_the_first_call(chip):
    openings: list[Opened] = []
    bus = I2CBus(lambda: Opened(openings, chip))
    assert openings == []
    bus.write(ADDRESS, b"\x01")
    bus.write(ADDRESS, b"\x02")
    assert len(openings) == 1


def test_an_absent_part_leaves_the_bus_open_for_the_others(chip):
    openings: list[Opened] = []
    bus = I2CBus(lambda: Opened(openings, chip))
    with pytest.raises(NoAnswerError):
        bus.write(0x11, b"\x01")
    bus.write(ADDRESS, b"\x01")
    assert [opened.closed for opened in openings] == [0]


def test_after_an_error_of_the_bus_it_is_opened_again(chip):
    openings: list[Opened] = []
    failures = [os_error(errno.ETIMEDOUT), None]
    bus = I2CBus(lambda: Opened(openings, chip, failures.pop(0)))
    with pytest.raises(BusError, match="hangs"):
        bus.write(ADDRESS, b"\x01")
    bus.write(ADDRESS, b"\x01")
    assert [opened.closed for opened in openings] == [1, 0]


def test_an_opener_that_fails_is_asked_again_at_the_next_call(chip):
    answers = [os_error(errno.ENOENT), SimulatedSMBus({ADDRESS: chip})]

    def opener():
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    bus = I2CBus(opener)
    with pytest.raises(BusError, match="does not exist"):
        bus.read(ADDRESS, 2)
    assert bus.read(ADDRESS, 2) == b"\x00\x01"


def test_it_is_closed_any_number_of_times_and_used_again_afterwards(bus):
    bus.close()
    bus.read(ADDRESS, 1)
    bus.close()
    bus.close()
    assert bus.read(ADDRESS, 1) == b"\x00"


def test_a_handle_that_cannot_be_closed_is_forgotten_all_the_same(chip):
    class Lost(SimulatedSMBus):
        def close(self):
            raise os_error(errno.EIO)

    bus = I2CBus(lambda: Lost({ADDRESS: chip}))
    bus.read(ADDRESS, 1)
    bus.close()
    assert bus.read(ADDRESS, 1) == b"\x00"


def test_without_a_clock_it_has_the_machines_own():
    assert isinstance(I2CBus().clock, SystemClock)
