from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BusError, NoAnswerError, WrongPartError
from drivers.bus.spi import SpiBus
from drivers.max31865 import FAULTS, Max31865, Max31865Settings, decode_registers, to_celsius
from drivers.platinum import ratio_at
from drivers.probes import ProbeError
from drivers.simulated.faults import ProbeFault
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.max31865 import Probe, SimulatedMax31865
from tests.drivers.parts import QUIET
from tests.drivers.wiring import spi_bus
from tests.simulation.virtual_clock import VirtualClock

GOOD = bytes.fromhex("81 4000 FFFF 0000 00")
"""Registers of a part that was configured with 81 and measured half of its reference."""


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def celsius():
    return [21.5]


@pytest.fixture
def chip(clock, celsius):
    return SimulatedMax31865(clock, Probe(lambda: celsius[0]))


@pytest.fixture
def driver(chip, clock):
    return Max31865(spi_bus(chip, clock), Max31865Settings())


def changed(at: int, byte: int) -> bytes:
    return GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]


def test_a_good_answer_is_the_conversion_in_the_upper_fifteen_bits():
    assert decode_registers(GOOD, 0x81) == 0x2000


@pytest.mark.parametrize(("bit", "words"), FAULTS.items())
def test_every_fault_bit_is_an_error_of_its_own(bit, words):
    with pytest.raises(ProbeError) as error:
        decode_registers(changed(7, bit), 0x81)
    assert str(error.value) == words


@given(st.integers(1, 0x3F).map(lambda bits: bits << 2))
def test_all_faults_are_told_at_once(status):
    with pytest.raises(ProbeError) as error:
        decode_registers(changed(7, status), 0x81)
    assert [words in str(error.value) for bit, words in FAULTS.items() if status & bit] == [True] * status.bit_count()


def test_a_fault_without_a_reason_is_a_fault():
    with pytest.raises(ProbeError, match="not which"):
        decode_registers(changed(2, 0x01), 0x81)


@pytest.mark.parametrize(("at", "byte"), [(0, 0x01), (0, 0x91), (3, 0xFE), (4, 0x00), (5, 0x01), (6, 0x80)])
def test_other_registers_are_those_of_another_part(at, byte):
    with pytest.raises(WrongPartError, match=changed(at, byte).hex()):
        decode_registers(changed(at, byte), 0x81)


@given(st.binary(min_size=8, max_size=8), st.integers(0, 255))
def test_eight_bytes_are_a_conversion_or_a_declared_error(data, config):
    try:
        conversion = decode_registers(data, config)
    except (NoAnswerError, WrongPartError, ProbeError):
        return
    assert (conversion << 1).to_bytes(2) == data[1:3]


@given(st.floats(-200.0, 850.0), st.sampled_from([(430.0, 100.0), (400.0, 100.0), (4300.0, 1000.0)]))
def test_a_conversion_is_a_temperature_within_its_step(celsius, board):
    reference_ohm, nominal_ohm = board
    conversion = round(ratio_at(celsius) * nominal_ohm / reference_ohm * 32768)
    if conversion < 32768:
        try:
            assert to_celsius(conversion, reference_ohm, nominal_ohm) == pytest.approx(celsius, abs=0.035)
        except ProbeError:
            assert celsius < -199.96 or celsius > 849.96


@pytest.mark.parametrize("conversion", [0, 1, 1400, 29757, 32767])
def test_a_resistance_that_no_such_probe_has_is_told_in_ohm(conversion):
    ohm = conversion * 430 / 32768
    with pytest.raises(ProbeError, match=f"resistance of {ohm:.1f} Ohm is none of a probe with 100 Ohm at 0 Cel"):
        to_celsius(conversion, 430.0, 100.0)


@pytest.mark.parametrize("celsius_now", [-195.0, -40.0, 0.0, 21.5, 150.0, 845.0])
@pytest.mark.parametrize(("sensor", "nominal"), [("PT100", 100.0), ("PT1000", 1000.0)])
@pytest.mark.parametrize("wires", [2, 3, 4])
@pytest.mark.parametrize("mains", [50, 60])
def test_every_probe_is_read_however_it_is_wired(clock, celsius_now, sensor, nominal, wires, mains):
    chip = SimulatedMax31865(clock, Probe(lambda: celsius_now, nominal, 4.3 * nominal))
    driver = Max31865(spi_bus(chip, clock), Max31865Settings(sensor=sensor, wires=wires, mains=mains))
    driver.open()
    assert driver.read()["temperature"] == pytest.approx(celsius_now, abs=0.03)
    assert chip.registers[0] == (0x10 if wires == 3 else 0) | (0x01 if mains == 50 else 0)


def test_a_board_with_another_reference_is_read(clock):
    chip = SimulatedMax31865(clock, Probe(lambda: 60.0, 100.0, 400.0))
    driver = Max31865(spi_bus(chip, clock), Max31865Settings(reference=400.0))
    assert driver.read()["temperature"] == pytest.approx(60.0, abs=0.03)


def test_no_current_flows_between_readings(chip, driver):
    driver.open()
    assert not chip.biased()
    for fault in ProbeFault:
        chip.faults.probe = fault
        try:
            driver.read()
        except ProbeError:
            assert fault
        assert not chip.biased()


def test_every_reading_is_a_new_one_and_takes_less_than_a_tenth_of_a_second(driver, clock, celsius):
    driver.open()
    for now in (10.0, 20.0, -30.0):
        celsius[0] = now
        before_s = clock.now_s()
        assert driver.read()["temperature"] == pytest.approx(now, abs=0.03)
        assert clock.now_s() - before_s < 0.1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (ProbeFault.OPEN, r"above all that can be measured.*; the probe or one of its wires is open"),
        (ProbeFault.GROUND, r"shorted to GND"),
        (ProbeFault.SUPPLY, r"shorted to VCC"),
    ],
)
def test_a_broken_probe_is_told_and_is_no_other_part(chip, driver, fault, message):
    driver.open()
    chip.faults.probe = fault
    for _ in range(2):
        with pytest.raises(ProbeError, match=rf"max31865 at /dev/spidev0\.0: .*{message}"):
            driver.read()
        driver.open()
    chip.faults.probe = ProbeFault.NONE
    assert driver.read()["temperature"] == pytest.approx(21.5, abs=0.03)


def test_a_shorted_probe_is_told(clock):
    chip = SimulatedMax31865(clock, Probe(lambda: 0.0, nominal_ohm=0.001))
    with pytest.raises(ProbeError, match="resistance is zero: the probe is shorted"):
        Max31865(spi_bus(chip, clock), Max31865Settings()).read()


def test_a_pt1000_where_a_pt100_was_configured_is_told(clock):
    chip = SimulatedMax31865(clock, Probe(lambda: 20.0, nominal_ohm=1000.0))
    with pytest.raises(ProbeError, match="`reference`"):
        Max31865(spi_bus(chip, clock), Max31865Settings()).read()


@pytest.mark.parametrize(("fault", "level"), [("absent", "high"), ("shorted", "low")])
def test_a_part_that_is_not_there_does_not_answer(chip, driver, fault, level):
    setattr(chip.faults, fault, True)
    for call in (driver.open, driver.read):
        with pytest.raises(
            NoAnswerError, match=rf"max31865 at /dev/spidev0\.0: no answer, the data line stays {level}"
        ):
            call()


def test_another_part_is_told(chip, driver):
    chip.faults.wrong_part = True
    for call in (driver.open, driver.read):
        with pytest.raises(WrongPartError, match=r"spidev0\.0: another part answers"):
            call()


def test_a_part_that_lost_its_supply_is_read_on(chip, driver):
    driver.open()
    chip.reset()
    assert driver.read()["temperature"] == pytest.approx(21.5, abs=0.03)


def test_a_bus_that_hangs_is_an_error_of_the_bus(chip, driver):
    chip.faults.hung = True
    with pytest.raises(BusError):
        driver.read()


@pytest.mark.parametrize("sensor", ["PT100", "PT1000"])
def test_on_a_simulated_bus_it_measures_the_world(sensor, clock):
    settings = Max31865Settings(sensor=sensor, chip_select=1)
    world = dataclasses.replace(QUIET, couple={"pipe/temperature": "outside.temperature"})
    hardware = SimulatedHardware(world, clock, {"bus": [SimulatedDevice("pipe", "max31865", settings)]})
    driver = Max31865(SpiBus(hardware.backend("bus"), clock=clock), settings)
    driver.open()
    truth = hardware.world.value("outside.temperature")
    assert driver.read()["temperature"] == pytest.approx(truth, abs=0.05)
    assert Max31865.channels(settings)[0].resolution == pytest.approx(0.034, abs=0.001)
