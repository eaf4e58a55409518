from __future__ import annotations

from itertools import pairwise

import pytest

from drivers.base import BadValueError, BusError, ChecksumError, NoAnswerError, WrongPartError
from drivers.bus.modbus_line import ModbusBus
from drivers.register_map import RegisterMap, RegisterMapSettings
from drivers.registers import Register
from drivers.simulated.modbus_units import SimulatedModbusLine, SimulatedUnit
from drivers.simulated.serial_line import SimulatedPort
from tests.simulation.virtual_clock import VirtualClock

PLC = {
    "pump": Register(address=5, table="coil", writable=True),
    "leak": Register(address=9, table="discrete"),
    "level": Register(address=0, table="input", scale=0.01, unit="m"),
    "setpoint": Register(address=2, table="holding", type="s16", scale=0.1, unit="Cel", low=5, high=30, writable=True),
    "mode": Register(address=3, table="holding", writable=True),
    "limit": Register(address=10, table="holding", type="f32", order="CDAB", writable=True),
}


def cells() -> dict:
    held = {("holding", 2): 210, ("holding", 3): 1, ("holding", 10): 0, ("holding", 11): 0x4120}
    plain = {("coil", 5): 0, ("discrete", 9): 1, ("input", 0): 123}
    return {place: (lambda number=number: number) for place, number in (held | plain).items()}


class Bench:
    """A PLC as unit 7 of a line, and a driver for it."""

    def __init__(self, tcp=False, **settings):
        self.clock = VirtualClock()
        self.unit = SimulatedUnit(7, cells())
        self.line = SimulatedModbusLine([self.unit], self.clock, tcp=tcp)
        device = "tcp://plc:502" if tcp else "/dev/ttyUSB0"
        self.bus = ModbusBus(lambda: SimulatedPort(self.line, self.clock), device=device, clock=self.clock)
        self.driver = RegisterMap(self.bus, RegisterMapSettings(**{"unit_id": 7, "registers": PLC, **settings}))


@pytest.fixture(params=[False, True], ids=["rtu", "tcp"])
def bench(request):
    return Bench(request.param)


VALUES = {"pump": False, "leak": True, "level": 1.23, "setpoint": 21.0, "mode": 1.0, "limit": 10.0}


def test_every_table_is_read_and_neighbours_in_one_request(bench):
    bench.driver.open()
    bench.unit.requests.clear()
    assert bench.driver.read() == VALUES
    assert len(bench.unit.requests) == 5


@pytest.mark.parametrize(
    ("channel", "value", "expected"),
    [("pump", True, True), ("setpoint", 19.54, 19.5), ("setpoint", 5, 5.0), ("mode", 3, 3.0), ("limit", 2.5, 2.5)],
)
def test_what_is_written_is_read_back_as_it_is(bench, channel, value, expected):
    bench.driver.open()
    assert bench.driver.write(channel, value) == expected
    assert bench.driver.read() == {**VALUES, channel: expected}


@pytest.mark.parametrize(
    ("channel", "value"),
    [
        ("leak", True), ("level", 1.0), ("nothing", 1), ("pump", 1.0), ("pump", "on"), ("setpoint", 31.0),
        ("setpoint", True), ("setpoint", "warm"), ("mode", 65536), ("mode", -1), ("limit", float("nan")),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused_before_anything_is_sent(bench, channel, value):
    bench.driver.open()
    bench.unit.requests.clear()
    with pytest.raises(BadValueError):
        bench.driver.write(channel, value)
    assert bench.unit.requests == []


def test_a_device_that_knows_only_the_function_for_several_is_written_so():
    bench = Bench(write_multiple=True)
    bench.driver.write("mode", 2)
    assert bench.unit.requests[0] == bytes.fromhex("10 0003 0001 02 0002")


def test_a_silent_unit_is_told_within_the_limit_of_the_bus(bench):
    bench.unit.faults.absent = True
    before_s = bench.clock.now_s()
    with pytest.raises(NoAnswerError, match="unit 7: no answer"):
        bench.driver.read()
    assert bench.clock.now_s() - before_s <= 0.8 * bench.bus.timeout_s
    bench.unit.faults.absent = False
    assert bench.driver.read() == VALUES


def test_a_unit_that_is_slow_every_time_is_not_waited_for_beyond_the_limit(bench):
    bench.unit.faults.slow_s = 0.7
    before_s = bench.clock.now_s()
    with pytest.raises(NoAnswerError):
        bench.driver.read()
    assert bench.clock.now_s() - before_s <= 0.8 * bench.bus.timeout_s + 0.1


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next(bench):
    bench.unit.faults.slow_s = 1.1
    with pytest.raises(NoAnswerError):
        bench.driver.read()
    bench.unit.faults.slow_s = 0.0
    bench.clock.sleep(0.05)
    assert bench.driver.read() == VALUES


def test_one_disturbed_answer_is_asked_for_again():
    bench = Bench()
    bench.unit.faults.corrupt_every = 3
    for _ in range(5):
        assert bench.driver.read() == VALUES


@pytest.mark.parametrize("fault", [{"corrupt_every": 1}, {"cut": 6}, {"noise": b"\xff\x00"}])
def test_a_line_that_disturbs_everything_is_a_checksum_error(fault):
    bench = Bench()
    for name, value in fault.items():
        setattr(bench.unit.faults, name, value)
    with pytest.raises(ChecksumError):
        bench.driver.read()
    for name, value in fault.items():
        setattr(bench.unit.faults, name, type(value)())
    assert bench.driver.read() == VALUES


def test_a_disturbed_answer_to_a_write_is_not_sent_again():
    bench = Bench()
    bench.unit.faults.corrupt_every = 1
    with pytest.raises(ChecksumError):
        bench.driver.write("mode", 2)
    assert len(bench.unit.requests) == 1


def test_half_an_answer_over_tcp_is_none():
    bench = Bench(tcp=True)
    bench.unit.faults.cut = 8
    with pytest.raises(NoAnswerError):
        bench.driver.read()


def test_a_service_that_speaks_something_else_is_told():
    bench = Bench(tcp=True)
    bench.unit.faults.noise = b"HTTP/1.0"
    with pytest.raises(BusError, match="no Modbus"):
        bench.driver.read()


def test_a_device_without_such_registers_is_another_part(bench):
    bench.unit.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="there is no such register"):
        bench.driver.open()


def test_another_unit_that_answers_in_its_place_is_told():
    bench = Bench()
    bench.unit.number = 8
    with pytest.raises(NoAnswerError, match="unit 8 answers instead"):
        bench.driver.read()


def test_an_adapter_that_hears_itself_is_no_hindrance():
    bench = Bench()
    bench.line.echo = True
    for _ in range(2):
        assert bench.driver.read() == VALUES
        assert bench.driver.write("pump", False) is False
        assert bench.driver.write("mode", 1) == 1.0
    bench.unit.faults.absent = True
    with pytest.raises(NoAnswerError):
        bench.driver.read()


def test_several_units_share_a_line():
    bench = Bench()
    other = SimulatedUnit(8, {("input", 0): lambda: 5})
    line = SimulatedModbusLine([bench.unit, other], bench.clock)
    bus = ModbusBus(lambda: SimulatedPort(line, bench.clock), clock=bench.clock)
    drivers = [RegisterMap(bus, RegisterMapSettings(unit_id=n, registers={"level": PLC["level"]})) for n in (7, 8)]
    other.faults.absent = True
    with pytest.raises(NoAnswerError):
        drivers[1].read()
    assert drivers[0].read() == {"level": 1.23}
    other.faults.absent = False
    assert drivers[1].read() == {"level": 0.05}


def test_frames_are_apart_by_the_silence_that_the_standard_asks_for():
    bench = Bench()
    times = []
    answer = bench.unit.answer
    bench.unit.answer = lambda pdu: times.append(bench.clock.now_s()) or answer(pdu)
    bench.driver.read()
    gaps = [after - before for before, after in pairwise(times)]
    assert min(gaps) >= 0.02 + 3.5 * 11 / 9600


def test_an_adapter_that_is_pulled_out_is_an_error_of_the_bus_and_is_found_again(bench):
    bench.line.faults.hung = True
    with pytest.raises(BusError):
        bench.driver.read()
    bench.line.faults.hung = False
    assert bench.driver.read() == VALUES


def test_a_value_that_is_missing_is_left_out():
    bench = Bench(registers={"mode": Register(address=3, missing=1, writable=True), "level": PLC["level"]})
    assert bench.driver.read() == {"level": 1.23}
    with pytest.raises(ChecksumError, match="mode holds no value"):
        bench.driver.write("mode", 1)


@pytest.mark.parametrize(
    ("keys", "message"),
    [({}, "neither map nor registers"), ({"registers": {"x": Register(address=0, type="f32")}, "longest": 1}, "alone")],
)
def test_settings_that_cannot_be_are_refused(keys, message):
    with pytest.raises(ValueError, match=message):
        RegisterMapSettings(**keys)
