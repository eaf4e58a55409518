"""How well the twin is kept, from acknowledgements, readings and the link; and what of it goes into the event log."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from gateway.app.levels import LOOK_BYTES, LOOK_EVERY_S, Levels
from gateway.app.watch import Watched, _look, described
from gateway.core.conflict import Side
from gateway.core.pressure import PRESSED_LOOKS, Pressure
from gateway.core.reading import Lane, Reading
from gateway.core.segment import Base, Segment
from gateway.core.service_level import GROWTH, breaches
from gateway.core.settings_objectives import ObjectivesSettings
from gateway.core.sync_state import SyncEvent, SyncState
from gateway.core.transitions import Step
from gateway.devices.board import Board
from gateway.devices.device import DeviceState
from gateway.store.database import open_database
from gateway.store.events import EventLog
from gateway.store.shadows import Tally
from tests.fakes.clock import FakeClock
from tests.fakes.timekeeping import timekeeper


class Place:
    def __init__(self):
        self.clock, self.board = FakeClock(), Board()
        self.devices = {name: SimpleNamespace(state=DeviceState.UP) for name in ("room", "tank")}
        self.ledger = SimpleNamespace(series=[], tallies=[], held={})
        self.reached = True
        outbox = SimpleNamespace(ledger=self.ledger)
        self.levels = Levels(self.devices, outbox, self.board, self.clock, lambda _device: self.reached)

    def read(self, series="room/temperature"):
        self.board.post(Reading(series, 1.0, self.clock.boottime_ns(), self.clock.wall_ns()))

    def segment(self, *devices):
        base = Base("b", self.clock.boottime_ns(), 0)
        body = ",".join(f'{{"bn":"gw/{device}/x","t":0.0,"v":1.0}}' for device in devices).encode()
        return Segment(Lane.NORMAL, "e-1", 1, len(devices), base, body)

    def waits(self, *names):
        self.ledger.series = [SimpleNamespace(name=name) for name in names]
        self.ledger.tallies = [SimpleNamespace(waiting=1) for _ in names]

    @property
    def room(self):
        return self.levels.levels()["room"]


@pytest.fixture
def place():
    return Place()


def test_latency_is_from_the_oldest_reading_to_the_acknowledgement(place):
    segment = place.segment("room", "stranger")
    place.clock.advance(0.2)
    place.levels.arrived(segment, True)
    assert place.room.latency_p99_s == pytest.approx(0.2, rel=GROWTH - 1)
    assert place.levels.levels()["tank"].latency_p99_s is None


@pytest.mark.parametrize("case", ["sent again", "from before the link"])
def test_what_had_to_wait_for_the_link_is_not_the_latency_of_the_way(place, case):
    segment = place.segment("room")
    place.clock.advance(100)
    if case == "from before the link":
        place.levels.linked()
    place.levels.arrived(segment, case != "sent again")
    assert place.room.latency_p99_s is None


def test_large_acknowledgements_in_a_flood_are_sampled(place):
    for _ in range(3):
        segment = place.segment(*["room"] * 100)
        assert len(segment.body) > LOOK_BYTES
        place.clock.advance(LOOK_EVERY_S / 10)
        place.levels.arrived(segment, True)
    assert sum(place.levels._latency["room"]._counts) == 1


def test_where_nothing_waits_the_twin_is_as_fresh_as_the_last_reading_even_if_it_was_not_worth_sending(place):
    place.read()
    place.clock.advance(7)
    assert place.room.freshness_s == pytest.approx(7)


def test_where_something_waits_the_twin_is_as_old_as_what_it_acknowledged(place):
    place.levels.arrived(place.segment("room"), True)
    place.clock.advance(60)
    place.read()
    place.waits("room/temperature")
    assert place.room.freshness_s == pytest.approx(60)


@pytest.mark.parametrize(("windowed", "waiting", "age_s"), [(False, 1, 7), (True, 1, 60), (False, 2, 60)])
def test_what_a_door_holds_the_twin_knows_and_what_a_window_holds_it_does_not(place, windowed, waiting, age_s):
    place.levels.arrived(place.segment("room"), True)
    place.clock.advance(53)
    place.read()
    place.clock.advance(7)
    place.waits("room/temperature")
    place.ledger.tallies[0].waiting = waiting
    place.ledger.held = {(0, 0): SimpleNamespace(index=0, fragments=["held"])}
    place.levels.windowed = lambda series: windowed and series == "room/temperature"
    assert place.room.freshness_s == pytest.approx(age_s)


def test_of_what_nothing_has_arrived_in_this_run_the_twin_knows_only_what_is_older(place):
    place.clock.advance(40)
    place.read()
    place.waits("room/temperature")
    assert place.room.freshness_s == pytest.approx(40)
    assert place.levels.levels()["tank"].freshness_s == pytest.approx(40), "nothing was ever read of it"


def test_a_device_is_available_while_it_is_read_and_the_twin_is_reached(place):
    for state, reached in ((DeviceState.UP, True), (DeviceState.DOWN, True), (DeviceState.UP, False)):
        place.devices["room"].state, place.reached = state, reached
        place.levels.look()
        place.clock.advance(10)
        place.levels.look()
    assert place.room.availability == pytest.approx(1 / 3)


class Steps:
    """A sync tracker that has something to say."""

    def __init__(self, *steps):
        self.steps, self.looked, self.states = list(steps), [], dict.fromkeys(("room", "tank", "climate"))

    def look(self, waiting, budget_s):
        self.looked.append((waiting, budget_s))

    def due_steps(self):
        steps, self.steps = self.steps, []
        return steps

    def since_s(self, _device):
        return 5.0


LOST = Step(SyncState.IN_SYNC, SyncState.OFFLINE, SyncEvent.CONNECTION_LOST)


def watched(sync, place):
    return Watched(sync, place.levels, Pressure(), ObjectivesSettings())


async def test_a_processor_that_does_not_keep_up_is_an_event_once(tmp_path, place):
    async with open_database(tmp_path, stamp="x") as database:
        events, looked = await EventLog.open(database, timekeeper(place.clock)), watched(Steps(), place)
        for _ in range(PRESSED_LOOKS):
            await _look(looked, 2.0, database, events)
        assert [(one.kind, one.data["level"]) for one in await events.untold()] == [("cpu_pressure", "low_yields")]


async def test_a_step_is_an_event_with_its_cause_and_nothing_is_written_where_none_was_taken(tmp_path, place):
    async with open_database(tmp_path, stamp="x") as database:
        events = await EventLog.open(database, timekeeper(place.clock))
        sync = Steps((LOST, ["room", "tank"]))
        for _ in range(3):
            await _look(watched(sync, place), 0.0, database, events)
        told = [(one.kind, one.data) for one in await events.untold()]
    assert told == [
        (
            "sync_state",
            {"devices": ["room", "tank"], "before": "in_sync", "after": "offline", "cause": "connection_lost"},
        )
    ]
    assert sync.looked == [(set(), 30.0)] * 3


async def test_a_disk_that_takes_nothing_is_not_asked_every_second(tmp_path, place):
    async with open_database(tmp_path, stamp="x") as database:
        events = await EventLog.open(database, timekeeper(place.clock))
        await database.write(("DROP TABLE event", [()]))
        pause_s = await _look(watched(Steps((LOST, ["room"])), place), 0.0, database, events)
    await asyncio.sleep(0)
    assert pause_s > 10


def test_what_status_shows_names_the_breaches(place):
    place.read()
    place.read("tank/level")
    place.clock.advance(31)
    place.read("tank/level")
    shown = described(place.levels.levels(), Steps(), Tally(), ObjectivesSettings())
    assert shown["room"]["since_s"] == 5.0
    assert shown["room"]["breached"] == ["freshness"]
    assert shown["tank"]["breached"] == []


def test_the_conflicts_of_one_device_are_no_breach_of_another(place):
    conflicts = Tally().with_change("room", Side.TWIN).with_change("room", None).with_change("tank", None)
    shown = described(place.levels.levels(), Steps(), conflicts, ObjectivesSettings())
    assert (shown["room"]["conflict_rate"], shown["room"]["breached"]) == (0.5, ["conflict_rate"])
    assert (shown["tank"]["conflict_rate"], shown["tank"]["breached"]) == (0.0, [])


def test_what_is_not_read_can_miss_the_objective_for_conflicts(place):
    conflicts = Tally().with_change("climate", Side.TWIN)
    shown = described(place.levels.levels(), Steps(), conflicts, ObjectivesSettings())
    assert shown["climate"]["breached"] == ["conflict_rate"]
    assert shown["climate"]["availability"] is None


def test_a_planned_sleep_is_no_breach_of_freshness_and_is_shown(place):
    slept_s = 0.0
    place.levels = Levels(
        place.devices,
        SimpleNamespace(ledger=place.ledger),
        place.board,
        place.clock,
        lambda _device: True,
        lambda _since_ns: slept_s,
    )
    place.read()
    place.levels.arrived(place.segment("room"), True)
    place.waits("room/temperature")
    place.clock.advance(900)
    assert breaches(place.room, 0.0, ObjectivesSettings()) == ["freshness"]
    slept_s = 880.0
    assert place.room.freshness_s == 900.0
    assert place.room.planned_s == 880.0
    assert breaches(place.room, 0.0, ObjectivesSettings()) == []
