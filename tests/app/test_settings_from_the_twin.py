"""Settings changed by the twin in a whole daemon: applied at once, kept, taken back, and met by an edited file."""

from __future__ import annotations

import msgspec
import pytest

from gateway.core.settings import Mode
from tests.app.running import daemon, events_in, site_in

ASKED = {"every": 0.5, "channels": {"temperature": {"mode": "event", "deadband": 0.7}}}


def room(one):
    return one.rooms.hardware.devices["room"]


def temperature(one):
    return room(one).channel_settings("temperature")


async def ask(one, asked, device="room"):
    await one.rooms.settings.desired(device, {"_settings": asked} if asked is not None else {})


def said(one, device="room"):
    return one.rooms.downlink._shadows.devices[device].reporter._notes.get("_settings")


@pytest.fixture
def site(tmp_path):
    return site_in(tmp_path)


async def test_it_is_applied_at_once_and_reported(site, monkeypatch):
    async with daemon(site, monkeypatch) as one:
        configured = room(one).settings
        assert temperature(one).deadband != 0.7
        await ask(one, ASKED)
        assert (room(one).settings.every_s, temperature(one).deadband) == (0.5, 0.7)
        assert said(one) == ASKED
        watched = one.rooms.samplers[0]._watched["room/temperature"]
        assert watched.plan.mode is Mode.EVENT
        await ask(one, None)
        assert room(one).settings == configured
        assert said(one) == {}


async def test_the_birth_names_the_mode_that_was_chosen_and_is_told_again_after_a_change(site, monkeypatch):
    async with daemon(site, monkeypatch) as one:
        told = []
        downlink = one.rooms.downlink
        one.rooms.settings.changed = lambda: told.append(downlink._birth().devices["room"].channels)
        await ask(one, ASKED)
        assert [channels["temperature"].mode for channels in told] == ["event"]
        await ask(one, ASKED)
        assert len(told) == 1
        await ask(one, None)
        assert len(told) == 2


async def test_what_is_refused_is_explained_and_the_rest_is_done(site, monkeypatch):
    async with daemon(site, monkeypatch) as one:
        await ask(one, {"every": 0.5, "channels": {"temperature": {"deadband": -1}}})
        assert room(one).settings.every_s == 0.5
        assert said(one)["every"] == 0.5
        assert said(one)["_errors"]["temperature"]["code"] == "INVALID"


async def test_what_is_no_object_is_refused_without_a_word_to_the_disk(site, monkeypatch, tmp_path):
    async with daemon(site, monkeypatch) as one:
        await ask(one, ASKED)
        await ask(one, 5)
        await ask(one, 5)
        assert said(one)["_errors"]["*"]["reason"] == "allowed: an object"
        assert room(one).settings.every_s == 0.5
    assert len(events_in(tmp_path, "settings")) == 1


async def test_hundreds_of_strange_wishes_are_a_few_words(site, monkeypatch):
    async with daemon(site, monkeypatch) as one:
        await ask(one, {f"odd{number}" * 20: number for number in range(300)})
        assert len(msgspec.json.encode(said(one))) < 4000


async def test_a_thermostat_says_that_it_has_none(site, monkeypatch):
    async with daemon(site, monkeypatch) as one:
        await ask(one, ASKED, "climate")
        assert said(one, "climate")["_errors"]["*"]["code"] == "INVALID"


async def test_it_is_there_after_a_restart_and_the_same_wish_is_no_news(site, monkeypatch, tmp_path):
    async with daemon(site, monkeypatch) as one:
        await ask(one, ASKED)
    async with daemon(site, monkeypatch) as one:
        assert (room(one).settings.every_s, temperature(one).deadband) == (0.5, 0.7)
        assert said(one) == ASKED
        await ask(one, ASKED)
    assert len(events_in(tmp_path, "settings")) == 1
    assert events_in(tmp_path, "conflict") == []


def edited(site, **changes):
    devices = []
    for device in site.devices:
        if device.name == "room":
            channels = {
                **device.channels, "temperature": msgspec.structs.replace(device.channels["temperature"], **changes)
            }  # fmt: skip
            device = msgspec.structs.replace(device, channels=channels)  # noqa: PLW2901 - the edited one
        devices.append(device)
    return msgspec.structs.replace(site, devices=tuple(devices))


async def test_where_the_file_was_edited_meanwhile_it_is_right_and_the_twin_hears_of_it(site, monkeypatch, tmp_path):
    async with daemon(site, monkeypatch) as one:
        await ask(one, ASKED)
    async with daemon(edited(site, deadband=0.3), monkeypatch) as one:
        assert temperature(one).deadband == 0.3
        assert room(one).settings.every_s == 0.5
        assert said(one)["_errors"]["channels.temperature.deadband"]["code"] == "SITE_CHANGED"
        assert "deadband" not in said(one)["channels"]["temperature"]
    [event] = events_in(tmp_path, "conflict")
    assert (event["property"], event["winner"]) == ("room/_settings", "site")
    assert [one["path"] for one in event["overlaps"]] == ["channels/temperature/deadband"]
    async with daemon(edited(site, deadband=0.3), monkeypatch) as one:
        assert temperature(one).deadband == 0.3
        await ask(one, {"channels": {"temperature": {"deadband": 0.9}}})
        assert temperature(one).deadband == 0.9
    assert len(events_in(tmp_path, "conflict")) == 1
