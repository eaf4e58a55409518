from __future__ import annotations

import pytest

from drivers.base import BusError, ChecksumError, NoAnswerError, NotYetError, WrongPartError
from drivers.dsmr import Dsmr, DsmrSettings
from drivers.simulated.dsmr import IDLE, SimulatedDsmr
from drivers.simulated.hardware import SimulatedDevice
from tests.drivers.wiring import serial_bus
from tests.simulation.greenhouse import Site
from tests.simulation.virtual_clock import VirtualClock


class Bench:
    def __init__(self, every_s: float = 1.0, **settings):
        self.power = 350.0
        self.clock = VirtualClock()
        self.part = SimulatedDsmr(self.clock, {"import_power": lambda: self.power}, every_s)
        self.driver = Dsmr(serial_bus(self.part, self.clock), DsmrSettings(**settings))

    def after(self, seconds: float):
        self.clock.sleep(seconds)
        return self.driver.read()

    def read_on(self):
        for _ in range(30):
            self.after(1.0)


@pytest.fixture
def bench():
    made = Bench()
    made.driver.open()
    return made


@pytest.fixture
def heard(bench):
    assert bench.driver.read() == IDLE
    return bench


def test_what_the_meter_tells_is_read(bench):
    for power in (350.0, 0.0, 17_250.0):
        bench.power = power
        bench.clock.sleep(2.0)
        assert bench.driver.read() == IDLE | {"import_power": power}


def test_the_channels_are_those_of_the_settings():
    assert [one.name for one in Dsmr.channels(DsmrSettings())] == list(IDLE)
    assert "gas" not in [one.name for one in Dsmr.channels(DsmrSettings(gas=False))]


def test_without_gas_nothing_is_said_of_it():
    bench = Bench(gas=False)
    bench.driver.open()
    assert bench.driver.read() == {name: value for name, value in IDLE.items() if name != "gas"}


@pytest.mark.parametrize("moment", ["", "632525252525W"])
def test_a_gas_meter_that_is_not_heard_leaves_the_electricity(heard, moment):
    heard.part.gas_moment = moment
    assert heard.after(1.0) == {name: value for name, value in IDLE.items() if name != "gas"}


def test_a_meter_that_sends_once_in_ten_seconds_is_waited_for_without_holding_the_line():
    bench = Bench(every_s=10.0)
    bench.driver.open()
    with pytest.raises(NotYetError):
        bench.driver.read()
    assert bench.clock.now_s() <= 1.6
    assert bench.after(9.0) == IDLE
    bench.power = 500.0
    assert bench.after(1.0) == IDLE
    assert bench.after(8.0) == IDLE | {"import_power": 500.0}


def test_after_a_long_time_without_a_look_the_next_telegram_is_waited_for(heard):
    heard.power = 9000.0
    heard.part._coming.append((0.0, b"x" * 4000))
    heard.clock.sleep(0.5)
    heard.power = 20.0
    assert heard.driver.read()["import_power"] == 20.0


def test_a_telegram_that_is_heard_from_its_middle_on_is_dropped(bench):
    bench.part._coming.append((0.0, b"1-0:1.7.0(99.999*kW)\r\n!ABCD\r\n"))
    assert bench.driver.read() == IDLE


def test_a_line_that_falls_silent_is_told_once_the_last_telegram_is_too_old(heard):
    heard.part.faults.absent = True
    assert heard.after(20.0) == IDLE
    with pytest.raises(NoAnswerError, match="dsmr on /dev/serial0: nothing comes; check power") as caught:
        heard.after(5.0)
    assert not isinstance(caught.value, NotYetError)
    heard.driver.open()
    with pytest.raises(NotYetError):
        heard.driver.read()
    with pytest.raises(NoAnswerError, match="nothing comes"):
        heard.after(30.0)
    heard.part.faults.absent = False
    heard.driver.open()
    assert heard.driver.read() == IDLE


@pytest.mark.parametrize("fault", [{"corrupt_every": 1}, {"cut": 200}])
def test_garbage_and_half_telegrams_are_a_checksum_error(heard, fault):
    for name, value in fault.items():
        setattr(heard.part.faults, name, value)
    with pytest.raises(ChecksumError, match="no good telegram; the port P1 speaks at 115200 baud"):
        heard.read_on()
    for name, value in fault.items():
        setattr(heard.part.faults, name, type(value)())
    assert heard.after(2.0) == IDLE


def test_now_and_then_a_disturbed_telegram_costs_nothing(heard):
    heard.part.faults.corrupt_every = 2
    for _ in range(10):
        assert heard.after(1.0) == IDLE


@pytest.mark.parametrize("noise", [b"/", b"!", b"/KFM5KAIFA\r\n1-0:1.7.0(", b"\x00\xff", b"!\r\n"])
def test_noise_before_a_telegram_costs_nothing(bench, noise):
    bench.part.faults.noise = noise
    for _ in range(3):
        assert bench.after(1.0) == IDLE


def test_a_meter_without_checksums_is_named(heard):
    heard.part.checked = False
    with pytest.raises(ChecksumError, match="the telegrams have no checksum; meters before DSMR 4 are not read"):
        heard.read_on()


def test_a_meter_with_other_codes_is_named(bench):
    bench.part.faults.wrong_part = True
    with pytest.raises(WrongPartError, match=r"with none of 1-0:1\.8\.1"):
        bench.after(1.0)


def test_an_adapter_that_is_pulled_out_is_an_error_of_the_bus_and_is_found_again(heard):
    heard.part.faults.hung = True
    for call in (heard.driver.read, heard.driver.open):
        with pytest.raises(BusError, match="Input/output error"):
            call()
    heard.part.faults.hung = False
    heard.driver.open()
    assert heard.driver.read() == IDLE


def test_a_stuck_meter_repeats_itself(heard):
    heard.part.faults.stuck = True
    heard.power = 9000.0
    assert heard.after(3.0) == IDLE


def test_a_site_on_a_desk_has_a_meter_that_counts_what_the_heater_draws():
    site = Site({"uart": [SimulatedDevice("meter", "dsmr", DsmrSettings())]})
    before = site.read()
    assert before["meter/import_power"] >= 100.0
    site.clock.sleep(60.0)
    assert site.read()["meter/import_energy_1"] > before["meter/import_energy_1"]
    assert site.read()["meter/gas"] == IDLE["gas"]
