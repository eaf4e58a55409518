from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BusError, ChecksumError, NoAnswerError, WrongPartError
from drivers.bus.sysfs import SysfsBus
from drivers.host import Host, HostSettings, parse_available, parse_first
from drivers.hwmon import Hwmon, HwmonSettings
from drivers.iio import Iio, IioSettings
from drivers.simulated.faults import Faults
from drivers.simulated.files import SimulatedFolder
from drivers.simulated.kernel import SimulatedKernelChip, place_host, place_hwmon, place_iio
from drivers.simulated.place import Place
from tests.simulation.virtual_clock import VirtualClock

IIO = "sys/bus/iio/devices"
HWMON = "sys/class/hwmon"
VALUES = {"temperature": 21.5, "humidity": 55.2, "cpu_temperature": 20.0}


def files(**texts: str) -> SimulatedKernelChip:
    return SimulatedKernelChip({name: (lambda text=text: text) for name, text in texts.items()}, Faults())


def bus_of(chips, clock=None) -> SysfsBus:
    folder = SimulatedFolder(chips)
    return SysfsBus(lambda: folder, clock=clock or VirtualClock())


class Bench:
    """One driver over the files of its model."""

    def __init__(self, driver, settings, make):
        self.clock = VirtualClock()
        self.values = dict(VALUES)
        place = Place(settings, self.clock, lambda channel: lambda: self.values[channel], lambda _: "")
        chips = {path.format(3): chip for path, chip in make(place).items()}
        self.faults = next(iter(chips.values())).faults
        self.driver = driver(bus_of(chips, self.clock), settings)


def dht(**settings) -> Bench:
    return Bench(Iio, IioSettings(**settings), place_iio)


def test_a_dht22_is_read_in_the_units_of_the_channels():
    bench = dht()
    bench.driver.open()
    assert bench.driver.read() == {"temperature": 21.5, "humidity": 55.2}
    bench.values["temperature"] = -7.3
    assert bench.driver.read()["temperature"] == -7.3


def test_a_value_stands_for_a_while_and_then_no_longer():
    bench = dht(keep_s=4.0)
    bench.driver.open()
    first = bench.driver.read()
    bench.faults.hung = True
    bench.values["temperature"] = 30.0
    bench.clock.sleep(4.0)
    assert bench.driver.read() == first
    bench.clock.sleep(0.1)
    with pytest.raises(NoAnswerError, match="does not answer"):
        bench.driver.read()
    bench.faults.hung = False
    assert bench.driver.read()["temperature"] == 30.0


def test_opened_again_nothing_stands_from_before():
    bench = dht()
    bench.driver.open()
    bench.driver.read()
    bench.driver.open()
    bench.faults.hung = True
    with pytest.raises(NoAnswerError):
        bench.driver.read()


def test_a_sensor_that_is_not_there_is_told_with_those_that_are():
    bench = dht()
    bench.faults.wrong_part = True
    with pytest.raises(NoAnswerError, match="no dht11; found: another"):
        bench.driver.open()
    bench.faults.absent = True
    with pytest.raises(NoAnswerError, match="found: none"):
        bench.driver.open()


def test_raw_numbers_take_their_own_scale_or_that_of_all():
    chip = files(
        name="ads1015", in_voltage0_raw="1000", in_voltage0_scale="2", in_voltage1_raw="10", in_voltage_scale="3",
        in_temp_raw="-240", in_temp_offset="100", in_temp_scale="62.5", in_pressure_raw="x",
    )  # fmt: skip
    inputs = {"a": "voltage0", "b": "voltage1", "t": "temp"}
    driver = Iio(bus_of({f"{IIO}/iio:device0": chip}), IioSettings(chip="ads1015", inputs=inputs))
    driver.open()
    assert driver.read() == {"a": 2.0, "b": 0.03, "t": -8.75}
    broken = Iio(bus_of({f"{IIO}/iio:device0": chip}), IioSettings(chip="ads1015", inputs={"p": "pressure"}))
    broken.open()
    with pytest.raises(ChecksumError, match="'x' is no number"):
        broken.read()


def test_an_input_that_the_sensor_does_not_have_is_told_with_those_that_it_has():
    chip = files(name="dht11", in_temp_input="20000")
    with pytest.raises(NoAnswerError, match="no input 'humidityrelative'; it has in_temp_input"):
        Iio(bus_of({f"{IIO}/iio:device0": chip}), IioSettings()).open()


def test_of_two_of_a_kind_the_place_decides():
    chips = {f"{HWMON}/hwmon{n}": files(name="sht3x", temp1_input=str(n * 1000)) for n in (1, 2)}
    settings = {"chip": "sht3x", "inputs": {"t": "temp1"}}
    with pytest.raises(WrongPartError, match="several sht3x: give `at`"):
        Hwmon(bus_of(chips), HwmonSettings(**settings)).open()
    driver = Hwmon(bus_of(chips), HwmonSettings(at="hwmon2", **settings))
    driver.open()
    assert driver.read() == {"t": 2.0}


def test_a_chip_is_read_in_the_units_of_the_channels():
    chip = files(name="ina219", in1_input="11980", curr1_input="-250", power1_input="119800000", fan1_input="1200")
    inputs = {"bus": "in1", "current": "curr1", "power": "power1", "fan": "fan1"}
    driver = Hwmon(bus_of({f"{HWMON}/hwmon0": chip}), HwmonSettings(chip="ina219", inputs=inputs))
    driver.open()
    assert driver.read() == {"bus": 11.98, "current": -0.25, "power": 119.8, "fan": 20.0}


def test_a_fault_that_the_chip_reports_is_no_value():
    chip = files(name="cpu_thermal", temp1_input="-128000", temp1_fault="1")
    driver = Hwmon(bus_of({f"{HWMON}/hwmon0": chip}), HwmonSettings())
    with pytest.raises(NoAnswerError, match="fault of its sensor"):
        driver.open()
    chip.files["temp1_fault"] = lambda: "0"
    driver.open()
    assert driver.read() == {"temperature": -128.0}


def test_a_chip_that_fails_is_told_and_found_again():
    bench = Bench(Hwmon, HwmonSettings(), place_hwmon)
    bench.driver.open()
    bench.faults.nack = 1
    with pytest.raises(NoAnswerError, match="Input/output error"):
        bench.driver.read()
    assert bench.driver.read() == {"temperature": 21.5}
    bench.faults.corrupt_every = 1
    with pytest.raises(ChecksumError):
        bench.driver.read()


@pytest.mark.parametrize("settings", [HwmonSettings, IioSettings])
@pytest.mark.parametrize("attribute", ["temperature1", "", "1", "../name", "temp1/x"])
def test_an_input_that_no_kernel_has_is_refused(settings, attribute):
    with pytest.raises(ValueError, match="allowed are temp"):
        settings(inputs={"x": attribute})


def test_files_that_may_not_be_read_are_an_error_of_the_bus():
    folder = SimulatedFolder({}, broken=lambda: errno.EACCES)
    with pytest.raises(BusError, match="may not be read"):
        Hwmon(SysfsBus(lambda: folder), HwmonSettings()).open()


def test_real_files_are_found_behind_their_links(tmp_path):
    chip = tmp_path / "devices" / "i2c-1" / "1-0044" / "hwmon7"
    chip.mkdir(parents=True)
    (chip / "name").write_text("sht3x\n")
    (chip / "temp1_input").write_text("-1500\n")
    (tmp_path / HWMON).mkdir(parents=True)
    (tmp_path / HWMON / "hwmon7").symlink_to(chip)
    bus = SysfsBus(device=str(tmp_path))
    for at, found in (("1-0044", {"t": -1.5}), ("1-0045", None)):
        driver = Hwmon(bus, HwmonSettings(chip="sht3x", at=at, inputs={"t": "temp1"}))
        if found is None:
            with pytest.raises(NoAnswerError, match="no sht3x at 1-0045"):
                driver.open()
        else:
            driver.open()
            assert driver.read() == found
    bus.close()


def test_the_machine_tells_what_it_has():
    bench = Bench(Host, HostSettings(), place_host)
    bench.driver.open()
    bench.clock.sleep(9.0)
    assert bench.driver.read() == {
        "load": 0.21, "memory_available": 3012345 * 1024.0, "uptime": 10.0, "cpu_temperature": 45.0,
        "under_voltage": False,
    }  # fmt: skip
    bench.faults.brown_out = True
    assert bench.driver.read()["under_voltage"] is True


def test_a_machine_without_supply_and_zone_leaves_them_out():
    proc = files(loadavg="1.5 1 1", meminfo="MemAvailable:    10 kB", uptime="7.25 1")
    driver = Host(bus_of({"proc": proc}), HostSettings())
    driver.open()
    assert driver.read() == {"load": 1.5, "memory_available": 10240.0, "uptime": 7.25}


def test_this_very_machine_can_be_read():
    driver = Host(SysfsBus(), HostSettings())
    driver.open()
    assert driver.read()["uptime"] > 0


def test_without_proc_there_is_no_machine():
    with pytest.raises(NoAnswerError, match="proc/loadavg does not exist"):
        Host(bus_of({}), HostSettings()).open()


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_a_checksum_error(text):
    for parse in (lambda: parse_first(text, "x"), lambda: parse_available(text)):
        try:
            assert parse() >= 0
        except ChecksumError:
            continue
