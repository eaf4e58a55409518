"""What holds for every part on I2C, whatever it measures: the truth, or a declared error."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import BusError, ChecksumError, DriverError, NoAnswerError, ValueKind, WrongPartError
from drivers.simulated.i2c import Chip
from tests.drivers.parts import I2C_PARTS, Part, rewire, with_chip
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock

CHECKSUMMED = {
    "aht20",
    "am2320",
    "htu21d",
    "mlx90614",
    "scd30",
    "scd4x",
    "sgp30",
    "sgp40",
    "sht3x",
    "sht4x",
    "shtc3",
    "sps30",
}
"""Parts that send a checksum with every reading."""
NOT_NOTICED = {"bh1750", "mcp4725"}
"""Parts that nothing tells from another one."""
NOT_TOLD = {"sgp30"}
"""Parts whose loss of power looks like clean air."""
RELATIVE = 0.02
"""Part of its value by which a reading may differ where the resolution is finer: integer formulas, scale factors."""
LONGEST_CALL_S = 8.0
"""Well below a bus's timeout in the configuration."""

every_part = pytest.mark.parametrize("name", I2C_PARTS)


@every_part
def test_it_reads_what_is_true(name):
    part = Part(name)
    readings = part.read()
    measured = [channel.name for channel in part.channels if not channel.writable]
    driven = {channel.name for channel in part.channels if channel.writable}
    assert [name for name in readings if name not in driven] == measured
    for channel in part.channels:
        if channel.name in part.couplings:
            truth = part.truth(channel.name)
            assert readings[channel.name] == pytest.approx(truth, rel=RELATIVE, abs=channel.resolution), channel.name
        if channel.kind is ValueKind.NUMBER:
            assert channel.low <= readings[channel.name] <= channel.high, channel.name


@every_part
def test_it_reads_again_when_the_world_has_moved_on(name):
    part = Part(name)
    for _ in range(3):
        part.clock.sleep(60.0)
        assert all(isinstance(value, int | float) and math.isfinite(value) for value in part.read().values())


@every_part
def test_absent_it_does_not_answer_and_the_error_names_the_place(name):
    part = Part(name)
    part.faults.absent = True
    for call in (part.read, part.driver.open):
        with pytest.raises(NoAnswerError, match=f"0x{part.settings.address:02X}"):
            call()
    part.faults.absent = False
    part.driver.open()
    part.clock.sleep(20.0)
    assert part.read()


@every_part
@pytest.mark.parametrize("times", [1, 2, 5, 30])
def test_transfers_that_are_not_acknowledged_fail_one_reading_at_most_each(name, times):
    part = Part(name)
    part.faults.nack = times
    for _ in range(times):
        try:
            part.read()
        except NoAnswerError:
            part.clock.sleep(10.0)
    assert part.faults.nack == 0
    part.clock.sleep(10.0)
    assert part.read()


@every_part
def test_a_hung_bus_is_an_error_of_the_bus_until_it_is_let_go(name):
    part = Part(name)
    part.faults.hung = True
    with pytest.raises(BusError, match="hangs"):
        part.read()
    part.faults.hung = False
    part.clock.sleep(10.0)
    assert part.read()


@pytest.mark.parametrize("name", sorted(CHECKSUMMED))
def test_a_wrong_checksum_is_never_believed(name):
    part = Part(name)
    part.faults.corrupt_every = 1
    with pytest.raises(ChecksumError, match=name):
        part.read()
    part.faults.corrupt_every = 0
    part.clock.sleep(10.0)
    assert part.read()


@pytest.mark.parametrize("name", [name for name in I2C_PARTS if name not in NOT_NOTICED])
def test_another_part_in_its_place_is_named_as_such(name):
    part = Part(name, opened=False)
    part.faults.wrong_part = True
    with pytest.raises(WrongPartError, match=f"{name} at 0x{part.settings.address:02X}: "):
        part.driver.open()


@every_part
def test_stuck_it_repeats_itself(name):
    part = Part(name)
    before = part.read()
    part.faults.stuck = True
    part.clock.sleep(7200.0)
    assert part.read() == pytest.approx(before, rel=0.001)


@pytest.mark.parametrize("name", [name for name in I2C_PARTS if name not in NOT_TOLD])
def test_a_part_that_lost_its_power_reads_the_truth_or_fails_until_it_is_opened_again(name):
    part, fresh = Part(name), Part(name, opened=False)
    fresh.clock.sleep(part.clock.now_s())
    rewire(part.driver, fresh.bus)
    for again in (False, True):
        if again:
            part.driver.open()
            fresh.clock.sleep(4000.0)
        try:
            readings = part.driver.read()
        except DriverError:
            assert not again
            continue
        for channel in part.channels:
            if channel.name in part.couplings:
                truth = fresh.truth(channel.name)
                assert readings[channel.name] == pytest.approx(truth, rel=RELATIVE, abs=channel.resolution)


class Babble(Chip):
    """A chip that answers with whatever bytes."""

    def __init__(self, data: bytes, then: bytes) -> None:
        super().__init__()
        self._data, self._then = data, then

    def write(self, data: bytes) -> None:
        pass

    def read(self, count: int) -> bytes:
        answer, self._data = self._data[:count], self._data[count:]
        return answer + (self._then * count)[: count - len(answer)]


anything = given(data=st.binary(max_size=80), then=st.binary(min_size=1, max_size=8))


def outcome(call, clock):
    """What `call` returns; None where it raises what it may."""
    before_s = clock.now_s()
    try:
        values = call()
    except DriverError:
        return None
    finally:
        assert clock.now_s() - before_s < LONGEST_CALL_S
    assert all(math.isfinite(value) for value in (values or {}).values())
    return values or {}


@every_part
@settings(max_examples=60, deadline=None)
@anything
def test_whatever_answers_nothing_undeclared_is_raised_and_no_call_lasts(name, data, then):
    clock = VirtualClock()
    driver = with_chip(name, Babble(data, then), clock)
    if outcome(driver.open, clock) is not None:
        outcome(driver.read, clock)
    driver.close()


@every_part
@settings(max_examples=60, deadline=None)
@anything
def test_whatever_answers_after_the_part_was_good_it_is_a_number_or_an_error(name, data, then):
    part = Part(name)
    address = part.settings.address
    rewire(part.driver, i2c_bus({address: Babble(data, then)}, part.clock))
    outcome(part.read, part.clock)
