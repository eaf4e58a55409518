from __future__ import annotations

import errno
import os
import sys
import termios
import tty

import pytest
from serial import SerialException

from drivers.base import BusError
from drivers.bus.serial_port import SerialBus, open_port, opening_error
from tests.drivers.wiring import os_error
from tests.simulation.virtual_clock import VirtualClock


@pytest.fixture
def line():
    """The far end of a serial line, and the path of the near end."""
    far, near = os.openpty()
    tty.setraw(far)
    path = os.ttyname(near)
    yield far, path
    for end in (far, near):
        os.close(end)


@pytest.fixture
def bus(line):
    bus = SerialBus(device=line[1], timeout_s=1.0)
    yield bus
    bus.close()


def test_what_is_written_leaves_by_the_line(bus, line):
    bus.write(b"\x42\x4d\x00\xff\r\n")
    assert os.read(line[0], 100) == b"\x42\x4d\x00\xff\r\n"


def test_what_comes_is_read_as_far_as_it_was_asked_for(bus, line):
    bus.drain()
    os.write(line[0], b"0123456789")
    assert bus.read(4) == b"0123"
    assert bus.read(6) == b"456789"


def test_silence_is_no_error_and_ends_in_time(bus):
    assert bus.read(10, timeout_s=0.01) == b""
    assert bus.read(10, timeout_s=-1.0) == b""


def test_what_has_come_so_far_is_given_when_time_is_up(bus, line):
    bus.drain()
    os.write(line[0], b"half")
    assert bus.read(10, timeout_s=0.01) == b"half"


def test_drain_takes_all_that_is_there_and_never_waits(bus, line):
    assert bus.drain() == b""
    os.write(line[0], bytes(200))
    assert bus.read(1) == b"\x00"
    assert bus.drain() == bytes(199)
    assert bus.drain() == b""


def test_a_port_is_for_one_process_alone(bus, line):
    bus.write(b"x")
    with pytest.raises(BusError, match="in use by another process"):
        SerialBus(device=line[1]).drain()


def test_the_far_end_may_go_away_and_come_back():
    far, near = os.openpty()
    answers = [os.ttyname(near)]
    bus = SerialBus(lambda: open_port(answers[0], 9600, 0.1), device="adapter")
    bus.drain()
    os.close(near)
    os.close(far)
    with pytest.raises(BusError, match="adapter"):
        bus.read(1)
    with pytest.raises(BusError):
        bus.drain()
    far, near = os.openpty()
    tty.setraw(far)
    answers[0] = os.ttyname(near)
    bus.drain()
    os.write(far, b"back")
    assert bus.read(4) == b"back"
    bus.close()
    os.close(far)
    os.close(near)


def test_a_port_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BusError, match=r"ttyUSB7 does not exist; plug the adapter in"):
        SerialBus(device=str(tmp_path / "ttyUSB7")).drain()


def test_without_the_library_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(BusError, match="pyserial is not installed"):
        SerialBus().drain()


def test_a_baud_rate_that_does_not_exist_is_an_error_of_the_bus(line):
    with pytest.raises(BusError, match="baud"):
        SerialBus(device=line[1], baud=-1).drain()


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (os_error(errno.ENOENT), "enable_uart=1"),
        (os_error(errno.EACCES), "group dialout"),
        (os_error(errno.EBUSY), "in use"),
        (os_error(errno.EAGAIN), "login console"),
        (os_error(errno.EIO), "cannot be opened"),
        (SerialException("strange"), "strange"),
        (termios.error(5, "strange"), "strange"),
    ],
)
def test_a_port_that_does_not_open_comes_with_what_to_do(error, hint):
    assert hint in str(opening_error("/dev/ttyUSB0", error))


class Failing:
    """A port that fails at everything, also at being closed."""

    timeout = None

    def __init__(self, error: Exception) -> None:
        self._error = error

    @property
    def in_waiting(self):
        raise self._error

    def read(self, _size=1, /):
        raise self._error

    def write(self, _data, /):
        raise self._error

    def close(self):
        raise self._error


@pytest.mark.parametrize("error", [os_error(errno.EIO), SerialException("gone"), termios.error(5, "gone")])
@pytest.mark.parametrize("verb", ["read", "write", "drain"])
def test_whatever_the_library_raises_is_an_error_of_the_bus_and_opens_it_again(error, verb):
    openings = []

    def opener():
        openings.append(verb)
        return Failing(error)

    bus = SerialBus(opener, device="/dev/ttyUSB0", clock=VirtualClock())
    for _ in range(2):
        with pytest.raises(BusError, match="/dev/ttyUSB0"):
            {"read": lambda: bus.read(1), "write": lambda: bus.write(b"x"), "drain": bus.drain}[verb]()
    assert len(openings) == 2
    bus.close()


def test_an_opener_that_fails_is_an_error_of_the_bus():
    def opener():
        raise os_error(errno.EACCES)

    with pytest.raises(BusError, match="dialout"):
        SerialBus(opener).write(b"x")
