"""A thermostat among the others: it asks by the common way, keeps its set point, and never heats blindly."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from structlog.testing import capture_logs

from gateway.core.command import ReasonCode
from gateway.core.reading import Quality, Reading
from gateway.core.settings import ThermostatSettings
from gateway.core.wire import CommandStatus
from gateway.devices.thermostat import ASK_AGAIN_S, ASK_AGAIN_S_MAX, Thermostat
from gateway.errors import StoreError
from gateway.store.held import load_held

SETTINGS = ThermostatSettings(name="climate", sensor="room/temperature", actuator="heater/on", setpoint=18.0)


class Climate:
    """A thermostat, a room and a heater that does what it is told unless it is broken."""

    def __init__(self, plant, held=None):
        self.plant = plant
        self.broken = False
        self.asked = []
        self.thermostat = Thermostat(SETTINGS, held, plant.board, plant.admission, plant.database, plant.clock)
        self.heater_is(False)

    def post(self, series, value, quality=Quality.GOOD):
        clock = self.plant.clock
        self.plant.board.post(Reading(series, value, clock.boottime_ns(), clock.wall_ns(), quality))

    def heater_is(self, on):
        self.post("heater/on", on)

    async def room_is(self, temperature, quality=Quality.GOOD):
        """The room is read, the thermostat decides, and what it asks for is done."""
        self.post("room/temperature", temperature, quality)
        return await self.decide()

    async def decide(self):
        """What it asks for now: True, False or nothing (None)."""
        await self.thermostat.decide()
        execution = self.plant.inbox.take()
        if execution is None:
            return None
        assert execution.channel == "heater/on"
        done = execution.finished(CommandStatus.SUCCEEDED, self.plant.now_s, result=execution.value)
        await self.plant.inbox.update(done)
        if not self.broken:
            self.heater_is(execution.value)
        return execution.value


@pytest.fixture
def climate(plant):
    return Climate(plant)


async def test_it_heats_below_the_band_and_stops_above_it(climate):
    asked = [await climate.room_is(temperature) for temperature in (17.0, 17.9, 18.1, 18.3, 18.0, 17.7)]
    assert asked == [True, None, None, False, None, True]


async def test_nothing_is_asked_before_the_heater_is_known(plant):
    climate = Climate(plant)
    plant.board.latest.clear()
    assert await climate.room_is(5.0) is None


@pytest.mark.parametrize("temperature", [(17.0, Quality.BAD), (17.0, Quality.UNCERTAIN), (True, Quality.GOOD)])
async def test_a_temperature_that_cannot_be_trusted_turns_it_off(climate, temperature):
    await climate.room_is(10.0)
    assert await climate.room_is(*temperature) is False


async def test_a_sensor_that_fell_silent_turns_it_off(climate, plant):
    await climate.room_is(10.0)
    plant.clock.advance(SETTINGS.stale_after_s)
    climate.heater_is(True)
    assert await climate.decide() is None
    plant.clock.advance(0.1)
    assert await climate.decide() is False


async def test_a_heater_that_does_not_do_it_is_asked_again_more_and_more_seldom(climate, plant):
    climate.broken = True
    times = []
    for second in range(400):
        if await climate.room_is(10.0) is not None:
            times.append(second)
        plant.clock.advance(1.0)
    waits = [later - sooner for sooner, later in itertools.pairwise(times)]
    assert waits[:6] == [ASK_AGAIN_S, 10, 20, 40, ASK_AGAIN_S_MAX, ASK_AGAIN_S_MAX]


async def test_another_wish_does_not_wait_for_the_time_of_the_last(climate, plant):
    climate.broken = True
    for _ in range(100):
        await climate.room_is(10.0)
        plant.clock.advance(1.0)
    climate.heater_is(True)
    assert await climate.room_is(30.0) is False


async def test_a_new_set_point_holds_at_once_and_over_a_restart(climate, plant):
    await climate.room_is(18.0)
    assert await climate.thermostat.write("climate/setpoint", 22.0) == 22.0
    assert await climate.room_is(18.0) is True
    held = (await load_held(plant.database))["climate/setpoint"]
    assert Climate(plant, held).thermostat.setpoint == 22.0


@pytest.mark.parametrize("held", [None, 4.9, 30.1, "warm", True, float("nan")])
async def test_a_kept_set_point_that_is_not_allowed_any_more_is_not_taken(plant, held):
    assert Climate(plant, held).thermostat.setpoint == SETTINGS.setpoint


async def test_a_set_point_that_cannot_be_kept_is_not_taken(climate, plant, monkeypatch):
    async def broken(*_statements):
        raise StoreError("disk full")

    monkeypatch.setattr(plant.database, "write", broken)
    with pytest.raises(StoreError):
        await climate.thermostat.write("climate/setpoint", 22.0)
    assert climate.thermostat.setpoint == SETTINGS.setpoint


async def test_its_set_point_is_a_channel_like_any_other(climate):
    target = Thermostat.target(SETTINGS)
    assert climate.thermostat.series == target.channel == "climate/setpoint"
    assert (target.low, target.high, target.writable) == (SETTINGS.low, SETTINGS.high, True)


async def test_the_loop_wakes_with_its_readings_and_outlives_a_disk_that_fails(climate, plant, monkeypatch):
    submit, failing = plant.admission.submit, True

    async def sometimes(*arguments):
        if failing:
            raise StoreError("disk full")
        return await submit(*arguments)

    monkeypatch.setattr(plant.admission, "submit", sometimes)
    running = asyncio.create_task(climate.thermostat.run())
    with capture_logs() as logs:
        await asyncio.sleep(0)
        climate.post("room/temperature", 10.0)
        for _ in range(5):
            await asyncio.sleep(0)
        failing = False
        plant.clock.advance(ASK_AGAIN_S)
        climate.post("room/temperature", 10.0)
        async with asyncio.timeout(10):
            await plant.inbox.arrived.wait()
    assert logs[0]["event"] == "cannot ask for the heater"
    assert plant.inbox.take().value is True
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_safety_refuses_is_asked_for_once_for_each_reason(climate, plant):
    climate.broken = True
    asked = []
    for code in (ReasonCode.INTERLOCK, ReasonCode.INTERLOCK, ReasonCode.LINK_LOST, ReasonCode.LINK_LOST):
        climate.thermostat.refusal = lambda _channel, _value, code=code: (code, "not now")
        for _ in range(5):
            plant.clock.advance(ASK_AGAIN_S_MAX)
            asked.append(await climate.room_is(10.0))
    assert [bool(one) for one in asked] == [True, *[False] * 9, True, *[False] * 9]
    climate.thermostat.refusal = lambda _channel, _value: None
    plant.clock.advance(ASK_AGAIN_S_MAX)
    assert await climate.room_is(10.0) is True


async def test_what_comes_back_after_it_was_so_is_asked_for_anew(climate, plant):
    climate.thermostat.refusal = lambda _channel, _value: (ReasonCode.INTERLOCK, "not now")
    climate.broken = True
    assert await climate.room_is(10.0) is True
    assert await climate.room_is(20.0) is None
    plant.clock.advance(ASK_AGAIN_S_MAX)
    assert await climate.room_is(10.0) is True
