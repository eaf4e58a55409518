from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BusError, ChecksumError, NoAnswerError, NotYetError, WrongPartError
from drivers.nmea import Nmea, NmeaSettings
from drivers.simulated.hardware import SimulatedDevice
from drivers.simulated.nmea import SimulatedNmea, sentence
from tests.drivers.wiring import serial_bus
from tests.simulation.greenhouse import Site
from tests.simulation.virtual_clock import VirtualClock

READING = {"latitude": 52.0, "longitude": 5.5, "altitude": 12.5, "speed": 0.0, "satellites": 9}


class Bench:
    def __init__(self, timeout_s: float = 4.0, **settings):
        self.clock = VirtualClock()
        self.part = SimulatedNmea(self.clock)
        self.driver = Nmea(serial_bus(self.part, self.clock, timeout_s), NmeaSettings(**settings))


@pytest.fixture
def bench():
    made = Bench()
    made.driver.open()
    return made


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_every_place_on_earth_survives_the_way(latitude, longitude):
    bench = Bench()
    bench.part.at.latitude, bench.part.at.longitude = latitude, longitude
    bench.driver.open()
    found = bench.driver.read()
    assert found["latitude"] == pytest.approx(latitude, abs=1e-6)
    assert found["longitude"] == pytest.approx(longitude, abs=1e-6)


def test_what_the_receiver_tells_is_read(bench):
    assert bench.driver.read() == READING
    bench.part.at.knots, bench.part.at.altitude = 10.0, -3.5
    bench.clock.sleep(1.5)
    assert bench.driver.read() == READING | {"speed": pytest.approx(5.1444, abs=1e-4), "altitude": -3.5}


@pytest.mark.parametrize("kinds", [("GGA", "GSV", "RMC"), ("RMC", "GGA"), ("GSV", "RMC", "VTG", "GGA")])
@pytest.mark.parametrize("version", [2.0, 2.3, 4.1])
def test_the_order_of_a_burst_and_its_version_do_not_matter(kinds, version):
    bench = Bench()
    bench.part.kinds, bench.part.version = kinds, version
    bench.driver.open()
    assert bench.driver.read() == READING


@pytest.mark.parametrize(("kind", "missing"), [("RMC", ("altitude", "satellites")), ("GGA", ("speed",))])
def test_a_receiver_that_sends_one_of_both_gives_what_it_has(kind, missing):
    bench = Bench()
    bench.part.kinds = (kind,)
    bench.driver.open()
    assert bench.driver.read() == {name: value for name, value in READING.items() if name not in missing}


def test_without_a_fix_there_is_no_value_and_the_words_say_so(bench):
    bench.part.faults.brown_out = True
    bench.clock.sleep(2.0)
    with pytest.raises(NotYetError, match=r"/dev/serial0: no fix \(0 satellites in use\); its antenna needs"):
        bench.driver.read()
    bench.part.faults.brown_out = False
    bench.clock.sleep(1.5)
    assert bench.driver.read() == READING


def test_a_receiver_without_a_fix_can_be_opened():
    bench = Bench()
    bench.part.at.mode = "N"
    bench.driver.open()
    with pytest.raises(NotYetError, match="no fix"):
        bench.driver.read()


@pytest.mark.parametrize(("mode", "quality"), [("E", 6), ("A", 6), ("S", 8), ("M", 7)])
def test_a_guessed_place_is_no_value(bench, mode, quality):
    bench.part.at.mode, bench.part.at.quality = mode, quality
    bench.clock.sleep(2.0)
    with pytest.raises(NotYetError, match="guessed by the receiver"):
        bench.driver.read()


def test_between_two_bursts_the_last_one_stands_and_nobody_waits(bench):
    before_s = bench.clock.now_s()
    assert bench.driver.read() == bench.driver.read() == READING
    assert bench.clock.now_s() == before_s


def test_a_receiver_that_falls_silent_is_told_once_its_last_word_is_too_old(bench):
    bench.part.faults.absent = True
    bench.clock.sleep(2.9)
    assert bench.driver.read() == READING
    bench.clock.sleep(0.2)
    with pytest.raises(NoAnswerError, match="nothing comes; check power") as caught:
        bench.driver.read()
    assert not isinstance(caught.value, NotYetError)
    with pytest.raises(NoAnswerError):
        bench.driver.open()
    bench.part.faults.absent = False
    bench.driver.open()
    assert bench.driver.read() == READING


def test_after_a_long_time_without_a_look_the_next_burst_is_waited_for():
    bench = Bench(keep_s=60.0)
    bench.driver.open()
    bench.part.at.altitude = 500.0
    bench.part._coming.append((0.0, sentence("GPGSV,1,1,00") * 300))
    bench.clock.sleep(0.5)
    bench.part.at.altitude = 20.0
    assert bench.driver.read()["altitude"] == 20.0


def test_a_wait_stays_below_the_limit_of_the_bus():
    bench = Bench(timeout_s=1.0)
    bench.part.faults.absent = True
    with pytest.raises(NoAnswerError):
        bench.driver.open()
    assert bench.clock.now_s() <= 0.8


@pytest.mark.parametrize("fault", [{"corrupt_every": 1}, {"cut": 30}, {"noise": b"$GPRMC,1\xff"}])
def test_garbage_and_half_sentences_are_a_checksum_error(bench, fault):
    for name, value in fault.items():
        setattr(bench.part.faults, name, value)
    bench.part.faults.corrupt_every = 1
    bench.clock.sleep(3.5)
    with pytest.raises(ChecksumError, match="no good NMEA sentence; receivers speak at 9600 baud"):
        bench.driver.read()
    for name, value in (fault | {"corrupt_every": 1}).items():
        setattr(bench.part.faults, name, type(value)())
    assert bench.driver.read() == READING


@pytest.mark.parametrize("noise", [b"$", b"$GPRMC,123519,A", b"\x00\xff", b"\r\n", b"$GPRMC,1*00\r\n", b"*"])
def test_noise_before_a_sentence_costs_nothing(bench, noise):
    bench.part.faults.noise = noise
    bench.clock.sleep(3.5)
    assert bench.driver.read() == READING


def test_now_and_then_a_disturbed_sentence_costs_nothing(bench):
    bench.part.faults.corrupt_every = 3
    for _ in range(10):
        bench.clock.sleep(1.0)
        assert bench.driver.read() == READING


def test_what_sends_other_sentences_is_named():
    bench = Bench()
    bench.part.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="MWV come, but neither RMC nor GGA"):
        bench.driver.open()


def test_an_adapter_that_is_pulled_out_is_an_error_of_the_bus_and_is_found_again(bench):
    bench.part.faults.hung = True
    for _ in range(2):
        with pytest.raises(BusError, match="Input/output error"):
            bench.driver.read()
    bench.part.faults.hung = False
    assert bench.driver.read() == READING


def test_a_stuck_receiver_repeats_itself(bench):
    bench.part.faults.stuck = True
    bench.part.at.latitude = 10.0
    bench.clock.sleep(3.0)
    assert bench.driver.read() == READING


def test_a_site_on_a_desk_has_a_receiver_that_knows_its_place():
    site = Site({"uart": [SimulatedDevice("gps", "nmea", NmeaSettings())]})
    assert site.read() == {f"gps/{name}": value for name, value in READING.items()}
