"""Rules in a whole daemon on simulated parts, without a broker: they act, hold, let go, and are told in the status."""

from __future__ import annotations

import msgspec
import pytest

from gateway.core.settings_rules import ConditionSettings, RuleSettings
from tests.app.running import daemon, events_in, site_in

DARK = RuleSettings(
    name="warm",
    when=ConditionSettings(channel="room/temperature", above=-39.0, for_s=0.5),
    then={"heater/on": True},
    otherwise={"heater/on": False},
)


def site_with(folder, *rules):
    """The example's site without its thermostat, which has the heater for itself."""
    return msgspec.structs.replace(site_in(folder), thermostats=(), rules=rules)


async def test_a_rule_acts_without_a_link_and_again_after_a_restart(tmp_path, monkeypatch):
    site = site_with(tmp_path, DARK)
    for _ in range(2):
        async with daemon(site, monkeypatch) as one:
            await one.until(lambda one=one: one.pin().state is True)
            assert one.rooms.connection.state.value != "connected"
            await one.until(lambda one=one: one.rooms.rules.book.rules["warm"].active)
            told = (await one.ask())["rules"]["warm"]
            assert (told["holds"], told["armed"], told["fired"], told["failure"]) == (True, False, 1, "")
            assert told["true_for_s"] >= 0
        assert one.pin().state is False  # The safe value, at the stop.
    fired = events_in(tmp_path, "rule")
    assert [event["rule"] for event in fired] == ["warm", "warm"]
    assert fired[0]["readings"].keys() == {"room/temperature"}
    outcomes = {event["id"]: event["status"] for event in events_in(tmp_path, "outcome")}
    assert {outcomes[event["id"]] for event in fired} == {"SUCCEEDED"}


async def test_a_person_goes_before_a_rule_and_the_rule_follows_when_he_lets_go(tmp_path, monkeypatch):
    async with daemon(site_with(tmp_path, DARK), monkeypatch) as one:
        await one.until(lambda: one.pin().state is True)
        answer = await one.ask(b'{"ask":"set","channel":"heater/on","value":"off","for_s":600}\n')
        assert answer["status"] == "SUCCEEDED"
        assert one.pin().state is False
        rules = one.rooms.rules
        rules.book.begin(rules._now())
        await rules.decide()
        assert one.pin().state is False


@pytest.mark.parametrize("rules", [(), (DARK,)])
async def test_status_names_every_rule(tmp_path, monkeypatch, rules):
    async with daemon(site_with(tmp_path, *rules), monkeypatch) as one:
        assert list((await one.ask())["rules"]) == [rule.name for rule in rules]


async def test_a_restart_begins_the_time_of_a_condition_anew(tmp_path, monkeypatch):
    slow = msgspec.structs.replace(DARK, when=msgspec.structs.replace(DARK.when, for_s=1.5))
    site = site_with(tmp_path, slow)
    async with daemon(site, monkeypatch) as one:
        rule = one.rooms.rules.book.rules["warm"]
        await one.until(lambda: rule.condition._since_ns is not None)
    async with daemon(site, monkeypatch) as one:
        started_ns, rule = one.rooms.started_ns, one.rooms.rules.book.rules["warm"]
        await one.until(lambda: rule.active)
        assert rule.fired_ns - started_ns >= 1.5e9
        await one.until(lambda: one.pin().state is True)


async def test_a_time_of_day_is_waited_for_or_the_clock_is(tmp_path, monkeypatch):
    daily = RuleSettings(name="daily", at=("06:30",), then={"heater/on": True})
    async with daemon(site_with(tmp_path, daily), monkeypatch) as one:
        told = (await one.ask())["rules"]["daily"]
        known = one.rooms.timekeeper.trusted_s() is not None
        assert told["waits_for_clock"] == (not known)
        assert (told["due_in_s"] is not None) == known
        assert one.pin().state is False
