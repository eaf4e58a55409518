from __future__ import annotations

import errno

import pytest
import serial

from drivers.simulated.pms5003 import DustSources, SimulatedPms5003
from drivers.simulated.serial_line import INPUT_BYTES_MAX, SerialPart, SimulatedPort
from tests.simulation.virtual_clock import VirtualClock

READ, PASSIVE, ACTIVE = (bytes.fromhex(order) for order in ("424DE200000171", "424DE100000170", "424DE100010171"))
SLEEP, WAKE = (bytes.fromhex(order) for order in ("424DE400000173", "424DE400010174"))
FRAME_BYTES = 32


@pytest.fixture
def clock():
    return VirtualClock()


class Ticker(SerialPart):
    """Sends one byte every second, and what it is sent at once."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock
        self._sent = 0
        self._echo = b""

    def receive(self, data: bytes) -> None:
        self._echo += data

    def send(self) -> bytes:
        due = int(self._clock.now_s())
        ticks = bytes(number & 0xFF for number in range(self._sent, due))
        self._sent = due
        echo, self._echo = self._echo, b""
        return ticks + echo

    def next_s(self) -> float:
        return self._sent + 1.0


@pytest.mark.parametrize("name", [name for name in vars(SimulatedPort) if not name.startswith("_")])
def test_it_has_the_names_of_the_library(name):
    assert hasattr(serial.Serial, name)


def test_a_read_waits_for_what_is_on_its_way(clock):
    port = SimulatedPort(Ticker(clock), clock, timeout_s=10.0)
    assert port.read(3) == b"\x00\x01\x02"
    assert clock.now_s() == pytest.approx(3.0)


def test_a_read_ends_with_its_timeout(clock):
    port = SimulatedPort(Ticker(clock), clock, timeout_s=2.5)
    assert port.read(10) == b"\x00\x01"
    assert clock.now_s() == pytest.approx(2.5)
    port.timeout = 0.0
    assert port.read(10) == b""


def test_without_a_timeout_a_read_waits_until_it_has_all(clock):
    assert len(SimulatedPort(Ticker(clock), clock).read(100)) == 100


def test_what_was_sent_before_the_port_was_opened_is_lost(clock):
    part = Ticker(clock)
    clock.sleep(5.0)
    port = SimulatedPort(part, clock, timeout_s=1.0)
    assert port.in_waiting == 0
    clock.sleep(2.0)
    assert port.in_waiting == 2
    assert port.read(2) == b"\x05\x06"


def test_what_is_written_reaches_the_part(clock):
    port = SimulatedPort(Ticker(clock), clock, timeout_s=0.0)
    assert port.write(b"hello") == 5
    assert port.read(5) == b"hello"


def test_the_kernel_keeps_the_oldest_of_what_nobody_reads(clock):
    port = SimulatedPort(Ticker(clock), clock, timeout_s=0.0)
    clock.sleep(5000.0)
    assert port.in_waiting == INPUT_BYTES_MAX
    assert port.read(2) == b"\x00\x01"
    port.reset_input_buffer()
    assert port.in_waiting == 0


def test_a_closed_port_is_of_no_use(clock):
    port = SimulatedPort(Ticker(clock), clock)
    assert port.is_open
    port.close()
    assert not port.is_open
    with pytest.raises(OSError, match="Bad file descriptor"):
        port.read(1)


def test_an_adapter_that_is_pulled_out_is_an_input_output_error(clock):
    part = Ticker(clock)
    port = SimulatedPort(part, clock, timeout_s=1.0)
    part.faults.hung = True
    for call in (lambda: port.read(1), lambda: port.write(b"x"), lambda: port.in_waiting):
        with pytest.raises(OSError, match="Input/output") as caught:
            call()
        assert caught.value.errno == errno.EIO


@pytest.fixture
def part(clock):
    return SimulatedPms5003(clock, DustSources(lambda: 8e-9, lambda: 12e-9, lambda: 18e-9))


def test_a_pms5003_sends_at_its_own_pace(part, clock):
    assert part.send() == b""
    clock.sleep(0.8)
    sent = part.send()
    assert sent[:16] == bytes.fromhex("424D001C 0008000C0012 0008000C0012")
    assert int.from_bytes(sent[30:]) == sum(sent[:30])
    clock.sleep(8.0)
    assert len(part.send()) == 10 * FRAME_BYTES


def test_a_pms5003_in_passive_mode_speaks_when_it_is_asked(part, clock):
    part.receive(PASSIVE)
    assert part.send().hex() == "424d0004e1000174"
    clock.sleep(10.0)
    assert part.send() == b""
    assert part.next_s() == float("inf")
    part.receive(READ)
    assert len(part.send()) == FRAME_BYTES
    part.receive(ACTIVE)
    assert part.send().hex() == "424d0004e1010175"
    clock.sleep(0.8)
    assert len(part.send()) == FRAME_BYTES


def test_a_pms5003_asleep_says_nothing_until_it_is_woken(part, clock):
    part.receive(SLEEP)
    assert part.send().hex() == "424d0004e4000177"
    clock.sleep(60.0)
    part.receive(READ)
    assert part.send() == b""
    part.receive(WAKE)
    clock.sleep(0.9)
    assert part.send() == b""
    clock.sleep(0.2)
    assert len(part.send()) == FRAME_BYTES


@pytest.mark.parametrize("order", [b"\x42\x4d\xe1\x00\x00\x01\x71", b"\x42\x4d\xe1", b"\x00" * 20, b"\x42" * 7])
def test_a_pms5003_does_not_obey_what_is_no_order_and_obeys_the_next(part, order):
    part.receive(order)
    assert part.send() == b""
    if order[:3] != b"\x42\x4d\xe1" or len(order) == 7:
        part.receive(PASSIVE)
        assert part.send().hex() == "424d0004e1000174"


def test_an_order_may_come_in_pieces(part):
    for byte in PASSIVE:
        part.receive(bytes([byte]))
    assert part.send().hex() == "424d0004e1000174"


def test_after_a_long_time_a_pms5003_makes_no_more_frames_than_a_port_keeps(part, clock):
    clock.sleep(86_400.0)
    assert len(part.send()) == 128 * FRAME_BYTES
    assert part.next_s() > clock.now_s()
