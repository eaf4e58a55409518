from __future__ import annotations

import errno
import inspect

import pytest
import smbus2
from hypothesis import given
from hypothesis import strategies as st

from drivers.checksums import crc8
from drivers.simulated.ads1115 import SimulatedAds1115
from drivers.simulated.i2c import NackError, SimulatedSMBus
from drivers.simulated.sht4x import SimulatedSht4x
from tests.drivers.wiring import Memory
from tests.simulation.virtual_clock import VirtualClock

ADDRESS = 0x50

METHODS = [name for name in vars(SimulatedSMBus) if not name.startswith("_")]


@pytest.fixture
def chip():
    return Memory()


@pytest.fixture
def bus(chip):
    return SimulatedSMBus({ADDRESS: chip})


def failing(call) -> int | None:
    with pytest.raises(OSError, match=r"\[Errno") as caught:
        call()
    return caught.value.errno


@pytest.mark.parametrize("name", METHODS)
def test_it_is_called_as_the_library_is(name):
    ours, theirs = (inspect.signature(getattr(kind, name)) for kind in (SimulatedSMBus, smbus2.SMBus))
    assert list(ours.parameters) == list(theirs.parameters)
    assert [one.default for one in ours.parameters.values()] == [one.default for one in theirs.parameters.values()]


def test_all_ways_to_read_agree(bus):
    bus.write_byte(ADDRESS, 9)
    message = smbus2.i2c_msg.read(ADDRESS, 3)
    bus.i2c_rdwr(message)
    combined = smbus2.i2c_msg.read(ADDRESS, 3)
    bus.i2c_rdwr(smbus2.i2c_msg.write(ADDRESS, [9]), combined)
    assert bytes(message) == bytes(combined) == bytes(bus.read_i2c_block_data(ADDRESS, 9, 3)) == b"\x09\x0a\x0b"
    assert bus.read_byte(ADDRESS) == 9


@given(st.binary(min_size=1, max_size=33))
def test_all_ways_to_write_put_the_same_bytes_on_the_wire(data):
    chip = Memory()
    bus = SimulatedSMBus({ADDRESS: chip})
    bus.write_i2c_block_data(ADDRESS, data[0], list(data[1:]))
    bus.i2c_rdwr(smbus2.i2c_msg.write(ADDRESS, data))
    assert chip.transfers == [data, data]


@pytest.mark.parametrize(
    "call",
    [
        lambda bus: bus.write_byte(0x51, 1),
        lambda bus: bus.read_byte(0x51),
        lambda bus: bus.write_i2c_block_data(0x51, 0, [1]),
        lambda bus: bus.read_i2c_block_data(0x51, 0, 1),
        lambda bus: bus.i2c_rdwr(smbus2.i2c_msg.read(0x51, 1)),
    ],
)
def test_nobody_at_an_address_is_a_remote_io_error(bus, call):
    assert failing(lambda: call(bus)) == errno.EREMOTEIO


def test_an_absent_chip_is_nobody(bus, chip):
    chip.faults.absent = True
    assert failing(lambda: bus.read_byte(ADDRESS)) == errno.EREMOTEIO


def test_as_many_transfers_as_told_are_not_acknowledged(bus, chip):
    chip.faults.nack = 2
    assert [failing(lambda: bus.read_byte(ADDRESS)) for _ in range(2)] == [errno.EREMOTEIO] * 2
    assert bus.read_byte(ADDRESS) == 0


def test_one_chip_that_hangs_the_bus_hangs_it_for_all(chip):
    other = Memory()
    bus = SimulatedSMBus({ADDRESS: chip, 0x51: other})
    other.faults.hung = True
    assert failing(lambda: bus.read_byte(ADDRESS)) == errno.ETIMEDOUT
    other.faults.hung = False
    assert bus.read_byte(ADDRESS) == 0


def test_a_closed_handle_is_of_no_use_and_another_one_is(bus, chip):
    bus.write_byte(ADDRESS, 5)
    bus.close()
    assert failing(lambda: bus.read_byte(ADDRESS)) == errno.EBADF
    assert SimulatedSMBus({ADDRESS: chip}).read_byte(ADDRESS) == 5


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def sht4x(clock):
    return SimulatedSht4x(clock, lambda: 25.0, lambda: 40.25, serial=0x12345678)


def test_an_sht4x_is_deaf_while_it_measures_and_answers_once(sht4x, clock):
    sht4x.write(b"\xfd")
    clock.sleep(0.008)
    for call in (lambda: sht4x.read(6), lambda: sht4x.write(b"\x89")):
        with pytest.raises(NackError):
            call()
    clock.sleep(0.0005)
    assert sht4x.read(6) == bytes.fromhex("666693 5EB80D")
    with pytest.raises(NackError):
        sht4x.read(6)


def test_an_sht4x_gives_its_serial_number_at_once(sht4x):
    sht4x.write(b"\x89")
    assert sht4x.read(6) == bytes([0x12, 0x34, crc8(b"\x12\x34"), 0x56, 0x78, crc8(b"\x56\x78")])


def test_an_sht4x_heats_for_as_long_as_it_is_told_and_measures_then(sht4x, clock):
    sht4x.write(b"\x39")
    clock.sleep(1.0)
    with pytest.raises(NackError):
        sht4x.read(6)
    clock.sleep(0.2)
    assert len(sht4x.read(6)) == 6


def test_an_sht4x_forgets_its_answer_when_it_is_reset(sht4x, clock):
    sht4x.write(b"\xe0")
    clock.sleep(0.1)
    sht4x.write(b"\x94")
    clock.sleep(0.1)
    with pytest.raises(NackError):
        sht4x.read(6)


def test_an_sht4x_does_not_acknowledge_what_it_does_not_know(sht4x):
    with pytest.raises(NackError):
        sht4x.write(b"\x00")


def test_an_sht4x_that_is_asked_for_more_than_it_has_leaves_the_line_high(sht4x):
    sht4x.write(b"\x89")
    assert sht4x.read(8)[6:] == b"\xff\xff"


@pytest.fixture
def ads1115(clock):
    return SimulatedAds1115(clock, {0: lambda: 1.0, 1: lambda: -0.5})


def test_an_ads1115_wakes_up_with_the_registers_of_its_datasheet(ads1115):
    found = []
    for pointer in range(4):
        ads1115.write(bytes([pointer]))
        found.append(ads1115.read(2).hex())
    assert found == ["0000", "8583", "8000", "7fff"]


def test_an_ads1115_keeps_its_pointer_and_repeats_its_word(ads1115):
    ads1115.write(b"\x02\x12\x34")
    assert ads1115.read(2) == ads1115.read(2) == b"\x12\x34"
    assert ads1115.read(5) == b"\x12\x34\x12\x34\x12"


def test_an_ads1115_is_busy_for_as_long_as_its_rate_takes(ads1115, clock):
    ads1115.write(bytes.fromhex("01C383"))
    assert ads1115.read(2).hex() == "4383"
    clock.sleep(0.0079)
    assert ads1115.read(1)[0] & 0x80
    ads1115.write(b"\x00")
    assert ads1115.read(2) == (8000).to_bytes(2)


def test_an_ads1115_that_is_not_started_does_not_convert(ads1115, clock):
    ads1115.write(bytes.fromhex("014383"))
    clock.sleep(1.0)
    ads1115.write(b"\x00\xff\xff")
    assert ads1115.read(2) == b"\x00\x00"


@pytest.mark.parametrize(
    ("config", "count"),
    [
        ("D383", -4000),
        ("8383", 12000),
        ("E383", 0),
        ("C583", 16000),
        ("C783", 32000),
        ("C983", 32767),
        ("DF83", -32768),
    ],
)
def test_an_ads1115_measures_what_multiplexer_and_gain_say(ads1115, clock, config, count):
    ads1115.write(bytes.fromhex("01" + config))
    clock.sleep(0.2)
    ads1115.write(b"\x00")
    assert int.from_bytes(ads1115.read(2), signed=True) == count
