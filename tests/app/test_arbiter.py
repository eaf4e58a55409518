"""Both sides change one property: what the policy makes of it, on the disk, in the shadow, and to the channel."""

from __future__ import annotations

import json

import pytest

from gateway.app.arbiter import Arbiter, Channels
from gateway.cloud.shadows import Shadows
from gateway.core.conflict import Side, Write
from gateway.core.device_shadow import Wish
from gateway.core.hybrid_clock import Stamp
from gateway.errors import StoreError
from gateway.store.shadows import Share, load_kept
from tests.app.held import TARGETS, P, open_house
from tests.fakes.clock import FakeClock
from tests.fakes.session import FakeSession

SET = "climate/setpoint"


class Court:
    """A house with an arbiter, whose shadow hears what a test says."""

    def __init__(self, house):
        self.house = house
        self.shadows = Shadows("edgetwin", "gw", {"heater": ["on"], "climate": ["setpoint"]}, house.clock)
        self.arbiter = Arbiter(
            Channels(TARGETS, house.hand.sight.policies),
            self.shadows,
            house.overrides,
            house.agreement,
            house.hand.records,
        )
        self.steps = []
        self.arbiter.conflict = lambda device: self.steps.append(("conflict", device))
        self.arbiter.decided = lambda device: self.steps.append(("decided", device))
        house.overrides.followed = self.shadows.follow
        self.session = FakeSession()
        self.shadows.connected(self.session, "s")

    async def want(self, value, at_s=None, channel="setpoint"):
        """The twin wants this, since a second of Unix time (now, where none is given)."""
        stamp = Stamp(round((self.house.wall_s() if at_s is None else at_s) * 1000), 0, "twin")
        wish = Wish(channel, value, stamp)
        self.shadows.devices["climate"].wanted(wish)
        await self.arbiter.wish("climate", wish, 7)

    @property
    def errors(self):
        refused = self.shadows.devices["climate"].wishes.refused
        return {channel: (error.code, error.want) for channel, error in refused.items()}

    async def kept(self):
        return await load_kept(self.house.database, "gw")


@pytest.fixture
async def court(tmp_path):
    async with open_house(tmp_path) as house:
        yield Court(house)


async def test_without_a_value_by_hand_a_wish_is_a_command_and_the_new_base(court):
    await court.want(21)
    await court.house.act()
    assert court.house.is_now[SET] == 21.0
    assert (await court.kept()).agreed[SET].value == 21.0
    assert court.steps == []
    assert court.house.agreement.tally.changes == 1


async def test_the_site_keeps_what_was_set_by_hand_and_the_twin_hears_why(court):
    await court.want(20)
    await court.house.act()
    await court.house.hold(SET, 25.0)
    court.house.clock.advance(60)
    await court.want(22)
    assert await court.house.act() == []
    assert court.errors == {"setpoint": ("LOCAL_OVERRIDE", 22)}
    [event] = await court.house.events_of("conflict")
    told = {key: event[key] for key in ("property", "policy", "base", "site", "twin", "outcome", "winner")}
    assert told == {
        "property": SET, "policy": "physical_priority", "base": 20.0, "site": 25.0, "twin": 22.0, "outcome": 25.0,
        "winner": "site",
    }  # fmt: skip
    assert court.steps == [("conflict", "climate"), ("decided", "climate")]
    assert court.house.agreement.tally.of("climate") == Share(changes=2, conflicts=1)
    assert (await court.kept()).tally == court.house.agreement.tally


async def test_an_old_wish_that_comes_again_is_no_new_conflict(court):
    await court.house.hold(SET, 25.0)
    await court.want(22, 1000.0)
    await court.want(22, 1000.0)
    assert len(await court.house.events_of("conflict")) == 1
    assert court.errors == {"setpoint": ("LOCAL_OVERRIDE", 22)}


async def test_what_only_the_site_changed_is_no_conflict(court):
    await court.want(20, 1000.0)
    await court.house.act()
    await court.house.hold(SET, 25.0)
    await court.want(20, 1000.0)
    assert await court.house.events_of("conflict") == []
    assert court.house.overrides.active
    assert court.house.agreement.tally.changes == 1


@pytest.mark.parametrize(("policy", "later_s", "winner"), [
    (P.TWIN_PRIORITY, -600, Side.TWIN),
    (P.LAST_WRITE_WINS, 30, Side.TWIN),
    (P.LAST_WRITE_WINS, -30, Side.SITE),
    (P.MERGE, 30, Side.TWIN),
    (P.PHYSICAL_PRIORITY, 30, Side.SITE),
])  # fmt: skip
async def test_the_policy_says_who_wins(tmp_path, policy, later_s, winner):
    async with open_house(tmp_path, policy=policy) as house:
        court = Court(house)
        await house.hold(SET, 25.0)
        await court.want(22, house.wall_s() + later_s)
        await house.act()
        kept = await court.kept()
        assert house.is_now[SET] == (22.0 if winner is Side.TWIN else 25.0)
        assert bool(kept.overrides) is (winner is Side.SITE)
        assert kept.agreed[SET].value == 22.0
        assert [event["winner"] for event in await house.events_of("conflict")] == [winner.value]


async def test_a_clock_that_is_too_far_ahead_wins_nothing(tmp_path):
    async with open_house(tmp_path, policy=P.LAST_WRITE_WINS) as house:
        court = Court(house)
        await house.hold(SET, 25.0)
        await court.want(22, house.wall_s() + 3600)
        assert [event["winner"] for event in await house.events_of("conflict")] == ["site"]
        assert house.agreement.stamp().ms <= round(house.wall_s() * 1000)


async def test_after_the_end_of_the_override_what_had_lost_is_followed(court):
    await court.house.hold(SET, 25.0, 60.0)
    await court.want(22)
    court.house.clock.advance(61)
    await court.house.overrides.check()
    await court.house.act()
    assert court.house.is_now[SET] == 22.0
    court.shadows.is_now(SET, 22.0)
    assert court.errors == {}


async def test_what_the_twin_took_back_is_not_followed(court):
    await court.want(21)
    await court.house.act()
    await court.house.hold(SET, 25.0)
    await court.arbiter.desired("climate", {})
    assert (await court.kept()).agreed == {}
    assert await court.house.overrides.end(SET, "released") == 21.0  # What it was before.
    [execution] = await court.house.act()
    assert execution.source == "hand"


async def test_what_is_impossible_is_refused_before_anything_is_weighed(court):
    await court.house.hold(SET, 25.0)
    await court.want(99)
    assert court.errors == {"setpoint": ("OUT_OF_RANGE", 99)}
    assert court.steps == []


async def test_a_disk_that_takes_nothing_decides_nothing(tmp_path):
    async with open_house(tmp_path, policy=P.TWIN_PRIORITY) as house:
        court = Court(house)
        await house.hold(SET, 25.0)
        before = await court.kept()
        await house.database.write(("ALTER TABLE event RENAME TO elsewhere", [()]))
        with pytest.raises(StoreError):
            await court.want(22)
        await house.database.write(("ALTER TABLE elsewhere RENAME TO event", [()]))
        assert SET in house.overrides.active
        assert await court.kept() == before
        await court.want(22)
        await house.act()
        assert house.is_now[SET] == 22.0


async def test_a_crash_after_the_outcome_applies_nothing_again(tmp_path):
    """The base lies with the outcome: the run after it finds nothing changed."""
    clock = FakeClock()
    async with open_house(tmp_path, clock, P.LAST_WRITE_WINS) as house:
        await house.hold(SET, 25.0)
        await Court(house).want(22, house.wall_s() + 30)  # Admitted; then the power fails.
        at_s = house.wall_s() + 30
    async with open_house(tmp_path, clock, P.LAST_WRITE_WINS) as house:
        await house.act()
        assert house.is_now[SET] == 22.0
        await house.hold(SET, 26.0)
        await Court(house).want(22, at_s)
        assert await house.act() == []
        assert len(await house.events_of("conflict")) == 1
        assert house.agreement.base(SET) == Write(22.0, Stamp(round(at_s * 1000), 0, "twin"))


async def test_the_word_of_the_twin_reaches_the_arbiter_through_the_wire(court):
    court.shadows.wish, court.shadows.desired = court.arbiter.wish, court.arbiter.desired
    court.house.overrides.changed = lambda device, said: court.shadows.note(device, "_override", said)
    await court.house.hold(SET, 25.0)
    topic = "edgetwin/things/gw/shadow/name/climate"
    get = json.loads(court.session.on(f"{topic}/get")[0])
    document = {
        "state": {"desired": {"setpoint": 22}, "delta": {"setpoint": 22}},
        "metadata": {"desired": {"setpoint": {"timestamp": 1000}}},
        "version": 3,
        "clientToken": get["clientToken"],
    }
    await court.shadows.on_message("climate", "get/accepted", json.dumps(document).encode())
    assert court.house.agreement.base(SET).stamp == (1_000_000, 0, "twin")
    said = json.loads(court.session.on(f"{topic}/update")[0])["state"]["reported"]
    assert said["_override"]["setpoint"]["value"] == 25.0
    assert said["_errors"]["setpoint"]["code"] == "LOCAL_OVERRIDE"


async def test_a_wish_that_is_older_than_what_a_rule_did_is_refused_and_a_younger_one_is_followed(court):
    court.arbiter.rule_since = lambda channel, ms, _anew: "night" if channel == SET and ms < 5000 else ""
    await court.want(21, at_s=4)
    assert await court.house.act() == []
    assert court.errors == {"setpoint": ("LOCAL_RULE", 21)}
    await court.want(21, at_s=5)
    await court.house.act()
    assert court.house.is_now[SET] == 21.0
