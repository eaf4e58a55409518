from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BusError, NoAnswerError, WrongPartError
from drivers.bus.spi import SpiBus
from drivers.probes import ProbeError, check_line
from drivers.simulated.faults import ProbeFault
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.thermocouples import SimulatedMax6675, SimulatedMax31855
from drivers.thermocouples import Max6675, Max31855, ThermocoupleSettings, decode_max6675, decode_max31855
from tests.drivers.parts import QUIET
from tests.drivers.wiring import spi_bus
from tests.simulation.virtual_clock import VirtualClock

OVEN, BOX = 431.25, 27.5


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def hot():
    return [OVEN]


@pytest.fixture
def max31855(hot):
    return SimulatedMax31855(lambda: hot[0], lambda: BOX)


@pytest.fixture
def max6675(clock, hot):
    return SimulatedMax6675(clock, lambda: hot[0])


def driver_of(chip, clock):
    kind = Max31855 if isinstance(chip, SimulatedMax31855) else Max6675
    return kind(spi_bus(chip, clock), ThermocoupleSettings())


@pytest.fixture(params=["max31855", "max6675"])
def chip(request):
    return request.getfixturevalue(request.param)


def bits_31855(hot: str, cold: str) -> bytes:
    return int(f"{hot}00{cold}0000".replace(" ", ""), 2).to_bytes(4)


@pytest.mark.parametrize(
    ("bits", "celsius"),
    [
        ("0110 0100 0000 00", 1600.0),
        ("0011 1110 1000 00", 1000.0),
        ("0000 0110 0100 11", 100.75),
        ("0000 0001 1001 00", 25.0),
        ("0000 0000 0000 00", 0.0),
        ("1111 1111 1111 11", -0.25),
        ("1111 1111 1111 00", -1.0),
        ("1111 0000 0110 00", -250.0),
    ],
)
def test_a_thermocouple_reads_as_in_table_4(bits, celsius):
    assert decode_max31855(bits_31855(bits, "0000 0000 0001")) == (celsius, 0.0625)


@pytest.mark.parametrize(
    ("bits", "celsius"),
    [
        ("0111 1111 0000", 127.0),
        ("0110 0100 1001", 100.5625),
        ("0001 1001 0000", 25.0),
        ("1111 1111 1111", -0.0625),
        ("1111 1111 0000", -1.0),
        ("1110 1100 0000", -20.0),
        ("1100 1001 0000", -55.0),
    ],
)
def test_a_cold_junction_reads_as_in_table_5(bits, celsius):
    assert decode_max31855(bits_31855("0000 0000 0000 00", bits)) == (0.0, celsius)


@pytest.mark.parametrize(
    ("fault", "messages"),
    [
        (0x00010001, ["open"]),
        (0x00010002, ["shorted to GND"]),
        (0x00010004, ["shorted to VCC"]),
        (0x00010006, ["shorted to GND", "shorted to VCC"]),
        (0x00010000, ["not which"]),
        (0x00000001, ["open"]),
    ],
)
@given(temperatures=st.integers(0, 0xFFFFFFFF))
def test_every_fault_bit_of_a_max31855_is_an_error_whatever_the_temperature(temperatures, fault, messages):
    word = temperatures & 0xFFFCFFF0 | fault
    with pytest.raises(ProbeError) as error:
        decode_max31855(word.to_bytes(4))
    assert all(message in str(error.value) for message in messages)
    assert str(error.value).count("thermocouple") == len(messages)


@given(st.binary(min_size=4, max_size=4))
def test_four_bytes_are_two_temperatures_or_a_declared_error(data):
    try:
        hot, cold = decode_max31855(data)
    except (NoAnswerError, WrongPartError, ProbeError):
        return
    word = (round(hot * 4) & 0x3FFF) << 18 | (round(cold * 16) & 0x0FFF) << 4
    assert word.to_bytes(4) == data


@pytest.mark.parametrize(("data", "celsius"), [("0C98", 100.75), ("0008", 0.25), ("7FF8", 1023.75), ("7FF9", 1023.75)])
def test_a_max6675_reads_in_quarters_whatever_its_lowest_bit(data, celsius):
    assert decode_max6675(bytes.fromhex(data)) == celsius


@given(st.binary(min_size=2, max_size=2))
def test_two_bytes_are_a_temperature_or_a_declared_error(data):
    try:
        celsius = decode_max6675(data)
    except (NoAnswerError, WrongPartError, ProbeError):
        return
    assert (round(celsius * 4) << 3 | data[1] & 1).to_bytes(2) == data


@given(st.binary(min_size=1, max_size=8))
def test_a_line_is_silent_only_where_all_its_bits_are_the_same(data):
    if set(data) in ({0}, {0xFF}):
        with pytest.raises(NoAnswerError, match="high" if data[0] else "low"):
            check_line(data)
    else:
        check_line(data)


def test_an_oven_is_read(max31855, max6675, clock):
    for chip, expected in (
        (max31855, {"temperature": OVEN, "cold_junction": BOX}),
        (max6675, {"temperature": OVEN}),
    ):
        driver = driver_of(chip, clock)
        driver.open()
        assert driver.read() == expected


def test_frost_is_read_with_its_sign(max31855, clock, hot):
    hot[0] = -40.25
    assert driver_of(max31855, clock).read()["temperature"] == -40.25


def test_a_max6675_is_not_read_before_its_conversion_has_ended(max6675, clock, hot):
    driver = driver_of(max6675, clock)
    driver.open()
    for celsius in (100.0, 200.0, 300.0):
        hot[0] = celsius
        before_s = clock.now_s()
        assert driver.read() == {"temperature": celsius}
        assert clock.now_s() - before_s == pytest.approx(0.22)
    clock.sleep(1.0)
    before_s = clock.now_s()
    driver.read()
    assert clock.now_s() == before_s


@pytest.mark.parametrize(
    ("fault", "message"),
    [(ProbeFault.OPEN, "open"), (ProbeFault.GROUND, "GND"), (ProbeFault.SUPPLY, "VCC")],
)
def test_a_broken_thermocouple_is_told_and_is_no_other_part(max31855, clock, fault, message):
    driver = driver_of(max31855, clock)
    max31855.faults.probe = fault
    driver.open()
    with pytest.raises(ProbeError, match=rf"max31855 at /dev/spidev0\.0: the thermocouple.*{message}"):
        driver.read()
    max31855.faults.probe = ProbeFault.NONE
    assert driver.read()["temperature"] == OVEN


def test_an_open_thermocouple_of_a_max6675_is_told(max6675, clock):
    driver = driver_of(max6675, clock)
    max6675.faults.probe = ProbeFault.OPEN
    driver.open()
    with pytest.raises(ProbeError, match=r"max6675 at /dev/spidev0\.0: the thermocouple is open"):
        driver.read()


@pytest.mark.parametrize("fault", ["absent", "shorted"])
def test_a_part_that_is_not_there_does_not_answer(chip, clock, fault):
    driver = driver_of(chip, clock)
    setattr(chip.faults, fault, True)
    for call in (driver.open, driver.read):
        with pytest.raises(NoAnswerError, match=r"at /dev/spidev0\.0: no answer, the data line stays (high|low)"):
            call()


def test_another_part_is_told(chip, clock):
    driver = driver_of(chip, clock)
    chip.faults.wrong_part = True
    for call in (driver.open, driver.read):
        with pytest.raises(WrongPartError, match=r"spidev0\.0: another part answers"):
            call()


def test_a_bus_that_hangs_is_an_error_of_the_bus(chip, clock):
    driver = driver_of(chip, clock)
    chip.faults.hung = True
    with pytest.raises(BusError):
        driver.read()


@pytest.mark.parametrize("kind", [Max31855, Max6675])
def test_on_a_simulated_bus_it_measures_the_room(kind, clock):
    settings = ThermocoupleSettings(chip_select=1)
    hardware = SimulatedHardware(QUIET, clock, {"bus": [SimulatedDevice("oven", kind.name, settings)]})
    driver = kind(SpiBus(hardware.backend("bus"), clock=clock), settings)
    driver.open()
    truth = hardware.world.value("room.temperature")
    assert driver.read()["temperature"] == pytest.approx(truth, abs=0.3)
    assert [channel.name for channel in kind.channels(settings)] == list(driver.read())
