"""The status document: every key that its readers count on, and an account that adds up at every moment."""

from __future__ import annotations

import msgspec

from gateway.app.report import WISHES_MAX, report
from gateway.cli.status import COUNTS
from gateway.core.command import ReasonCode
from gateway.core.sync_state import SyncState
from gateway.devices.device import DeviceState
from tests.app.running import daemon, site_in

KEYS = {
    "": {
        "gateway", "epoch", "uptime_s", "clock", "twin_clock", "link", "readings", "balanced",
        "series", "devices", "sync", "store", "process", "overrides", "conflicts",
        "shadows_refused",
    },
    "conflicts": {"changes", "conflicts", "rate", "site", "twin", "both"},
    "link": {"state", "reason", "since_s", "attempts", "twin_silent", "messages_rejected"},
    "readings": set(COUNTS),
    "store": {"segments", "bytes_in_memory", "failure", "used_bytes", "room_bytes", "pressed", "autonomy_h"},
    "process": {"rss_bytes", "rss_peak_bytes", "cpu_s", "disk_bytes_written"},
}  # fmt: skip


async def test_the_document_has_its_keys_and_is_json(tmp_path, monkeypatch):
    async with daemon(site_in(tmp_path), monkeypatch) as one:
        document = await one.ask()
        assert document["gateway"] == one.site.gateway
        assert document["epoch"] == one.rooms.outbox.ledger.epoch
    for name, keys in KEYS.items():
        assert set(document[name] if name else document) >= keys, name
    assert document["uptime_s"] >= 0
    assert document["link"]["attempts"] >= 0


async def test_every_device_is_in_it_with_its_state_and_its_bus(tmp_path, monkeypatch):
    async with daemon(site_in(tmp_path), monkeypatch) as one:
        document = report(one.rooms)
        settings = {device.name: device for device in one.site.devices}
    assert set(document["devices"]) == set(settings)
    for name, device in document["devices"].items():
        assert device["state"] in set(DeviceState)
        assert (device["driver"], device["bus"]) == (settings[name].driver, settings[name].bus)
        assert (device["reads"] >= 0, device["errors"], device["last_error"]) == (True, {}, None)
    assert set(document["sync"]) == {*settings, "climate"}
    assert set(document["sync"].values()) <= set(SyncState)


async def test_the_account_adds_up_for_every_series_and_in_all(tmp_path, monkeypatch):
    async with daemon(site_in(tmp_path), monkeypatch) as one:
        rounds = []
        one.rooms.board.listen(lambda _reading: rounds.append(report(one.rooms)))
        await one.until(lambda: len(rounds) >= 6)
    for document in rounds:
        assert document["balanced"] is True
        for name in COUNTS:
            assert document["readings"][name] == sum(series[name] for series in document["series"].values())
        taken, *rest = (document["readings"][name] for name in COUNTS)
        assert taken == sum(rest)


async def test_the_latest_value_of_a_series_stands_with_its_unit_and_its_age(tmp_path, monkeypatch):
    async with daemon(site_in(tmp_path), monkeypatch) as one:
        document = report(one.rooms)
        latest = one.rooms.board.latest["room/temperature"]
    room = document["series"]["room/temperature"]
    assert (room["value"], room["unit"], room["quality"], room["reason"]) == (latest.value, "Cel", "good", "")
    assert 0 <= room["age_s"] <= document["uptime_s"] + 1
    assert document["series"]["heater/on"]["value"] is False


async def test_a_series_that_was_not_read_since_the_start_has_counts_and_no_value(tmp_path, monkeypatch):
    site = site_in(tmp_path)
    async with daemon(site, monkeypatch):
        pass
    fewer = tuple(device for device in site.devices if device.name != "door")
    async with daemon(msgspec.structs.replace(site, devices=fewer), monkeypatch) as one:
        document = report(one.rooms)
    assert "value" not in document["series"]["door/closed"]
    assert document["series"]["door/closed"]["waiting"] >= 1
    assert document["balanced"] is True


async def test_an_account_that_does_not_add_up_is_not_called_balanced(tmp_path, monkeypatch):
    async with daemon(site_in(tmp_path), monkeypatch) as one:
        tally = one.rooms.outbox.ledger.tallies[0]
        tally.taken += 1
        assert report(one.rooms)["balanced"] is False
        tally.taken -= 1
        assert report(one.rooms)["balanced"] is True


async def test_what_the_twin_wants_and_does_not_get_is_said_the_first_of_each_device(tmp_path, monkeypatch):
    async with daemon(site_in(tmp_path), monkeypatch) as one:
        assert report(one.rooms)["wishes_refused"] == {}
        wishes = one.rooms.shadows.devices["room"].wishes
        for number in range(WISHES_MAX + 5):
            wishes.pending[f"c{number}"] = {"a": number}
            one.rooms.shadows.refuse(f"room/c{number}", {"a": number}, ReasonCode.UNKNOWN_CHANNEL, "no such channel")
        refused = report(one.rooms)["wishes_refused"]
        assert len(refused) == WISHES_MAX
        assert refused["room/c0"] == {"want": {"a": 0}, "code": "UNKNOWN_CHANNEL", "reason": "no such channel"}
        wishes.refused.clear()
        assert report(one.rooms)["wishes_refused"] == {}
        msgspec.json.encode(refused)


async def test_why_there_is_no_link_is_said(tmp_path, monkeypatch):
    async with daemon(site_in(tmp_path), monkeypatch) as one:
        await one.until(lambda: one.rooms.connection.reason)
        link = report(one.rooms)["link"]
    assert "refused" in link["reason"]
    assert link["state"] in {"waiting", "connecting"}
    assert link["attempts"] >= 1
