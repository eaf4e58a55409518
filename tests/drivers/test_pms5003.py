from __future__ import annotations

import pytest

from drivers.base import BusError, ChecksumError, NoAnswerError, WrongPartError
from drivers.plantower import Command, Dust, encode_command
from drivers.pms5003 import Pms5003, Pms5003Settings, SendMode, to_readings
from drivers.simulated.pms5003 import DustSources, SimulatedPms5003
from tests.drivers.wiring import serial_bus
from tests.simulation.virtual_clock import VirtualClock

KG_PER_UG = 1e-9


class Air:
    pm2_5 = 12


@pytest.fixture
def air():
    return Air()


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def part(air, clock):
    sources = DustSources(
        lambda: (air.pm2_5 - 4) * KG_PER_UG, lambda: air.pm2_5 * KG_PER_UG, lambda: (air.pm2_5 + 6) * KG_PER_UG
    )
    return SimulatedPms5003(clock, sources)


@pytest.fixture(params=list(SendMode))
def mode(request):
    return request.param


@pytest.fixture
def driver(part, clock, mode):
    driver = Pms5003(serial_bus(part, clock), Pms5003Settings(mode=mode))
    driver.open()
    return driver


def reading(pm2_5: int) -> dict[str, float]:
    return {"pm1": (pm2_5 - 4) / 1e9, "pm2_5": pm2_5 / 1e9, "pm10": (pm2_5 + 6) / 1e9}


def test_masses_are_in_kg_per_m3_and_short_in_text():
    assert repr(to_readings(Dust(4, 11, 14))) == "{'pm1': 4e-09, 'pm2_5': 1.1e-08, 'pm10': 1.4e-08}"
    assert {channel.unit for channel in Pms5003.channels(Pms5003Settings())} == {"kg/m3"}


def test_the_air_is_read_as_it_is(driver, air, clock):
    for pm2_5 in (12, 30, 999, 4):
        air.pm2_5 = pm2_5
        clock.sleep(5.0)
        assert driver.read() == reading(pm2_5)


def test_of_many_waiting_frames_the_newest_counts(part, clock, air):
    driver = Pms5003(serial_bus(part, clock), Pms5003Settings())
    driver.open()
    for pm2_5 in (20, 40, 60):
        air.pm2_5 = pm2_5
        clock.sleep(0.8)
        part._send_due()
    before_s = clock.now_s()
    assert driver.read() == reading(60)
    assert clock.now_s() == before_s


def test_after_a_long_time_without_a_look_the_next_frame_is_waited_for(part, clock, air):
    driver = Pms5003(serial_bus(part, clock), Pms5003Settings())
    driver.open()
    air.pm2_5 = 500
    clock.sleep(3600.0)
    part._send_due()
    air.pm2_5 = 20
    assert driver.read() == reading(20)


def test_a_slow_part_is_waited_for(clock, part):
    part._every_s = part._next_s = 2.3
    driver = Pms5003(serial_bus(part, clock), Pms5003Settings())
    driver.open()
    assert clock.now_s() == pytest.approx(2.3)


def test_a_wait_stays_below_the_limit_of_the_bus(part, clock):
    part.faults.absent = True
    driver = Pms5003(serial_bus(part, clock, timeout_s=1.0), Pms5003Settings())
    before_s = clock.now_s()
    with pytest.raises(NoAnswerError):
        driver.read()
    assert clock.now_s() - before_s <= 0.8


def test_between_two_frames_the_last_one_stands_and_nobody_waits(part, clock, air):
    part._every_s = 2.3
    driver = Pms5003(serial_bus(part, clock, timeout_s=2.0), Pms5003Settings())
    driver.open()
    air.pm2_5 = 50
    before_s = clock.now_s()
    assert driver.read() == reading(12)
    assert clock.now_s() == before_s
    for _ in range(30):
        clock.sleep(1.0)
        before_s = clock.now_s()
        assert driver.read() in (reading(12), reading(50))
        assert clock.now_s() == before_s
    assert driver.read() == reading(50)


def test_a_part_that_falls_silent_is_noticed_as_soon_as_a_frame_is_overdue(part, clock):
    driver = Pms5003(serial_bus(part, clock), Pms5003Settings())
    driver.open()
    part.faults.absent = True
    clock.sleep(2.4)
    assert driver.read() == reading(12)
    clock.sleep(0.2)
    with pytest.raises(NoAnswerError):
        driver.read()


def test_opened_again_it_does_not_go_by_what_it_has_heard_before(part, clock):
    driver = Pms5003(serial_bus(part, clock), Pms5003Settings())
    driver.open()
    part.faults.absent = True
    with pytest.raises(NoAnswerError):
        driver.open()


def test_a_sleeping_part_is_woken(part, clock, mode):
    part.receive(encode_command(Command.SLEEP))
    clock.sleep(10.0)
    assert part.send()[:6] == bytes.fromhex("424D0004E400")
    driver = Pms5003(serial_bus(part, clock), Pms5003Settings(mode=mode))
    driver.open()
    assert driver.read() == reading(12)


def test_a_silent_line_gives_no_answer(driver, part, clock):
    part.faults.absent = True
    clock.sleep(3.0)
    for _ in range(2):
        with pytest.raises(NoAnswerError, match="/dev/serial0: nothing comes"):
            driver.read()
    part.faults.absent = False
    assert driver.read() == reading(12)


@pytest.mark.parametrize("noise", [b"\x42", b"\x42\x4d", b"\x42\x4d\x00\x1c", b"\x00\xff", b"\x42\x4d\x00\x24\x42"])
def test_noise_before_a_frame_costs_nothing(driver, part, noise):
    part.faults.noise = noise
    for _ in range(3):
        assert driver.read() == reading(12)


def test_a_disturbed_frame_is_skipped_for_the_next_in_active_mode(part, clock):
    driver = Pms5003(serial_bus(part, clock), Pms5003Settings())
    part.faults.corrupt_every = 2
    driver.open()
    for _ in range(4):
        assert driver.read() == reading(12)


def test_a_disturbed_frame_is_a_checksum_error_in_passive_mode(part, clock):
    driver = Pms5003(serial_bus(part, clock), Pms5003Settings(mode=SendMode.PASSIVE))
    driver.open()
    part.faults.corrupt_every = 1
    with pytest.raises(ChecksumError, match="9600 baud"):
        driver.read()
    part.faults.corrupt_every = 0
    assert driver.read() == reading(12)


def test_nothing_but_noise_is_a_checksum_error(part, clock):
    driver = Pms5003(serial_bus(part, clock), Pms5003Settings())
    part.faults.corrupt_every = 1
    with pytest.raises(ChecksumError):
        driver.open()
    part.faults.corrupt_every, part._every_s, part.faults.noise = 0, 1e9, b""
    driver.open()
    part._outgoing = b"\xff" * 100
    clock.sleep(3.0)
    with pytest.raises(ChecksumError):
        driver.read()


def test_a_relative_of_the_part_is_named(part, clock, mode):
    part.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="PMS5003S"):
        Pms5003(serial_bus(part, clock), Pms5003Settings(mode=mode)).open()


def test_an_adapter_that_is_pulled_out_is_an_error_of_the_bus_and_is_found_again(driver, part):
    part.faults.hung = True
    for _ in range(2):
        with pytest.raises(BusError, match="Input/output error"):
            driver.read()
    part.faults.hung = False
    assert driver.read() == reading(12)


def test_a_stuck_part_repeats_itself(driver, part, air, clock):
    part.faults.stuck = True
    air.pm2_5 = 90
    clock.sleep(3.0)
    assert driver.read() == reading(12)


def test_in_passive_mode_nothing_is_sent_unless_asked(part, clock):
    bus = serial_bus(part, clock)
    Pms5003(bus, Pms5003Settings(mode=SendMode.PASSIVE)).open()
    bus.drain()
    clock.sleep(60.0)
    assert bus.drain() == b""
