from __future__ import annotations

import errno
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BusError, SystemClock
from drivers.bus.spi import TRANSFER_BYTES_MAX, SpiBus, SpiPart, controller_of, make_spidev, opening_error
from drivers.simulated.spi import SimulatedSpiDev, SpiChip
from tests.drivers.wiring import os_error

PART = SpiPart(1)


class Echo(SpiChip):
    """Answers with what it hears, every bit turned over, and keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[bytes] = []

    def transfer(self, sent: bytes) -> bytes:
        self.heard.append(sent)
        return bytes(byte ^ 0xFF for byte in sent)


class Opened(SimulatedSpiDev):
    """Keeps what was asked of it, and fails as told."""

    made: list[Opened]

    def __init__(self, chip: Echo, *, fails: int = 0, answers: int | None = None, stays_open: bool = False) -> None:
        super().__init__({0: chip, 1: chip})
        self.asked: list[tuple[int, int]] = []
        self.closed = 0
        self.fails, self.answers, self.stays_open = fails, answers, stays_open

    def open(self, bus, device):
        self.asked.append((bus, device))
        super().open(bus, device)

    def xfer2(self, values):
        if self.fails:
            raise os_error(self.fails)
        return super().xfer2(values)[: self.answers]

    def close(self):
        self.closed += 1
        super().close()
        if self.stays_open:
            raise os_error(errno.EIO)


class Library:
    """Makes handles, the first of them as told."""

    def __init__(self, **first) -> None:
        self.chip = Echo()
        self.first = first
        self.made: list[Opened] = []

    def __call__(self) -> Opened:
        self.made.append(Opened(self.chip, **({} if self.made else self.first)))
        return self.made[-1]


@given(st.binary(min_size=1, max_size=64))
def test_as_many_bytes_come_back_as_are_sent_in_one_transfer(data):
    library = Library()
    received = SpiBus(library).transfer(PART, data)
    assert library.chip.heard == [data]
    assert received == bytes(byte ^ 0xFF for byte in data)


def test_the_controller_and_the_chip_select_are_those_of_the_settings():
    library = Library()
    SpiBus(library, device="/dev/spidev3").transfer(SpiPart(1, mode=3, clock_hz=250_000), b"x")
    assert library.made[0].asked == [(3, 1)]
    assert (library.made[0].mode, library.made[0].max_speed_hz) == (3, 250_000)


def test_nothing_is_opened_before_the_first_call_and_then_once():
    library = Library()
    bus = SpiBus(library)
    assert library.made == []
    for _ in range(3):
        bus.transfer(PART, b"x")
    assert len(library.made) == 1


def test_two_parts_of_one_controller_have_a_handle_each():
    library = Library()
    bus = SpiBus(library)
    for chip_select in (0, 1, 0):
        bus.transfer(SpiPart(chip_select), b"x")
    assert [one.asked for one in library.made] == [[(0, 0)], [(0, 1)]]


def test_a_part_that_is_spoken_to_in_another_way_is_opened_again():
    library = Library()
    bus = SpiBus(library)
    bus.transfer(PART, b"x")
    bus.transfer(SpiPart(1, mode=3), b"x")
    assert [(one.mode, one.closed) for one in library.made] == [(0, 1), (3, 0)]


@pytest.mark.parametrize("number", [errno.ETIMEDOUT, errno.EIO, errno.ESHUTDOWN, errno.EINVAL])
def test_a_failed_transfer_names_the_file_and_opens_it_again_next_time(number):
    library = Library(fails=number)
    bus = SpiBus(library)
    with pytest.raises(BusError, match=r"/dev/spidev0\.1: the transfer failed: "):
        bus.transfer(PART, b"x")
    assert library.made[0].closed == 1
    assert bus.transfer(PART, b"\x0f") == b"\xf0"
    assert len(library.made) == 2


def test_an_error_at_one_chip_select_leaves_the_others_alone():
    library = Library(fails=errno.EIO)
    bus = SpiBus(library)
    with pytest.raises(BusError):
        bus.transfer(SpiPart(0), b"x")
    bus.transfer(SpiPart(1), b"x")
    bus.transfer(SpiPart(0), b"x")
    bus.transfer(SpiPart(1), b"x")
    assert len(library.made) == 3


def test_an_answer_of_another_length_is_no_answer():
    bus = SpiBus(Library(answers=2))
    with pytest.raises(BusError, match=r"spidev0\.1: 2 bytes came back for 3"):
        bus.transfer(PART, b"abc")


@pytest.mark.parametrize("length", [0, TRANSFER_BYTES_MAX + 1])
def test_a_transfer_that_the_kernel_does_not_take_is_refused(length):
    library = Library()
    with pytest.raises(BusError, match=f"a transfer of {length} bytes; allowed are 1 to 4096"):
        SpiBus(library).transfer(PART, bytes(length))
    assert library.chip.heard == []
    assert len(SpiBus(library).transfer(PART, bytes(TRANSFER_BYTES_MAX))) == TRANSFER_BYTES_MAX


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.ENOENT, "dtparam=spi=on"),
        (errno.ENODEV, "dtparam=spi=on"),
        (errno.EACCES, "group spi"),
        (errno.EPERM, "group spi"),
        (errno.EMFILE, "cannot be opened"),
    ],
)
def test_a_device_file_that_does_not_open_comes_with_what_to_do(number, hint):
    assert hint in str(opening_error("/dev/spidev0.0", os_error(number)))


def test_a_chip_select_that_the_controller_does_not_have_is_named_and_tried_again():
    chips: dict[int, SpiChip] = {}
    bus = SpiBus(lambda: SimulatedSpiDev(chips))
    with pytest.raises(BusError, match=r"/dev/spidev0\.1 does not exist.*chip select"):
        bus.transfer(PART, b"x")
    chips[1] = Echo()
    assert bus.transfer(PART, b"\x00") == b"\xff"


def test_a_handle_whose_mode_is_refused_is_given_back():
    class Refusing(Opened):
        @property
        def mode(self):
            return 0

        @mode.setter
        def mode(self, value):
            if value:
                raise os_error(errno.EINVAL)

    handle = Refusing(Echo())
    with pytest.raises(BusError, match=r"cannot be opened: .*Invalid argument"):
        SpiBus(lambda: handle).transfer(SpiPart(1, mode=1), b"x")
    assert handle.closed == 1


@pytest.mark.parametrize("device", ["/dev/spidev0.1", "spi0", "/dev/spidev", "/dev/spidev-1", "/dev/spidev1234567", ""])
def test_a_device_that_is_no_controller_is_an_error_that_says_how_it_is_written(device):
    with pytest.raises(ValueError, match="a controller such as '/dev/spidev0'"):
        controller_of(device)
    if device:
        with pytest.raises(BusError, match="chip_select"):
            SpiBus(Library(), device=device).transfer(PART, b"x")


def test_close_gives_every_handle_back_whatever_they_say():
    library = Library(stays_open=True)
    bus = SpiBus(library)
    bus.close()
    bus.transfer(SpiPart(0), b"x")
    bus.transfer(SpiPart(1), b"x")
    bus.close()
    bus.close()
    assert [one.closed for one in library.made] == [1, 1]
    assert bus.transfer(PART, b"\x00") == b"\xff"


def test_without_the_library_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "spidev", None)
    with pytest.raises(BusError, match="spidev is not installed"):
        SpiBus().transfer(PART, b"x")


def test_the_real_library_has_what_is_used_of_it():
    """As far as a machine without SPI goes: it is asked to open, and there is no such file."""
    pytest.importorskip("spidev")
    handle = make_spidev()
    with pytest.raises(BusError, match=r"/dev/spidev9999\.1 does not exist"):
        SpiBus(lambda: handle, device="/dev/spidev9999").transfer(PART, b"x")
    assert callable(handle.xfer2)
    assert (handle.mode, handle.max_speed_hz) == (0, 0)


def test_it_waits_by_the_machines_clock_where_no_other_is_given():
    assert isinstance(SpiBus().clock, SystemClock)
