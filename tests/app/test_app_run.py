"""The daemon from its start to its stop: what is there while it runs, and what is left when it has ended."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiomqtt
import msgspec
import pytest
import structlog.testing

from gateway.app.birth import SOFTWARE
from gateway.app.run import run
from gateway.app.runtime import LOCK_NAME, SOCKET_NAME
from gateway.core import wire
from gateway.core.ledger_events import Corrected, Gap
from gateway.core.reading import Lane
from gateway.core.settings import AlarmSettings, ChannelSettings
from gateway.core.wire import Birth, Presence, Status
from gateway.errors import StoreBusyError, StoreError
from gateway.store.database import FILE_NAME
from tests.app.running import LONGEST_S, daemon, events_in, site_in


async def run_once(site):
    """A start that is told to stop before it has begun."""
    stop = asyncio.Event()
    stop.set()
    async with asyncio.timeout(LONGEST_S):
        await run(site, stop)


async def test_without_a_broker_it_reads_and_stops_and_everything_is_on_the_disk(tmp_path, monkeypatch):
    async with daemon(site_in(tmp_path), monkeypatch) as one:
        ledger = one.rooms.outbox.ledger
        assert ledger.total().taken >= 3
        assert all(tally.balanced for tally in ledger.tallies)
    assert ledger.total().waiting == ledger.total().news
    assert (ledger.open, ledger.volatile) == ({}, {})
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [LOCK_NAME]
    assert {"edgetwin.db", "edgetwin.mark"} <= {path.name for path in (tmp_path / "store").iterdir()}


async def test_the_next_start_goes_on_with_the_account_of_the_last(tmp_path, monkeypatch):
    site = site_in(tmp_path)
    async with daemon(site, monkeypatch) as one:
        pass
    before = one.rooms.outbox.ledger
    async with daemon(site, monkeypatch) as other:
        after = other.rooms.outbox.ledger
        assert after.total().taken > before.total().taken
        assert after.total().waiting > before.total().waiting
        assert all(tally.balanced for tally in after.tallies)
        assert after.epoch.partition("-")[0] == before.epoch.partition("-")[0]
        assert after.epoch != before.epoch


async def test_at_the_end_every_actuator_has_its_safe_value_and_is_driven(tmp_path, monkeypatch):
    async with daemon(site_in(tmp_path), monkeypatch) as one:
        assert await one.rooms.hardware.devices["heater"].write("on", True) is True
        assert one.pin().state is True
    assert one.pin().state is False
    assert one.pin().function == "output"


async def test_a_loop_that_fails_ends_the_daemon_with_its_safe_values_and_its_readings_kept(tmp_path, monkeypatch):
    living = daemon(site_in(tmp_path), monkeypatch)
    one = await living.__aenter__()
    await one.rooms.hardware.devices["heater"].write("on", True)
    one.rooms.board.listen(lambda _reading: 1 / 0)
    await asyncio.wait({one.task})
    with pytest.raises(ExceptionGroup) as caught:
        await living.__aexit__(None, None, None)
    assert caught.group_contains(ZeroDivisionError)
    assert one.pin().state is False
    assert [path.name for path in (tmp_path / "run").iterdir()] == [LOCK_NAME]


async def test_a_stop_that_came_before_the_start_was_over_is_heard(tmp_path):
    await run_once(site_in(tmp_path))
    assert [path.name for path in (tmp_path / "run").iterdir()] == [LOCK_NAME]
    assert len(events_in(tmp_path, "start")) == 1


async def test_a_site_without_a_part_runs(tmp_path):
    await run_once(msgspec.structs.replace(site_in(tmp_path), buses=(), devices=(), thermostats=(), world=None))
    assert len(events_in(tmp_path, "start")) == 1


async def test_starts_gaps_and_alarms_are_in_the_event_log(tmp_path, monkeypatch):
    site = site_in(tmp_path)
    hot = {"temperature": ChannelSettings(alarm=AlarmSettings(above=-40.0))}
    devices = [msgspec.structs.replace(one, channels=hot) if one.name == "room" else one for one in site.devices]
    async with daemon(msgspec.structs.replace(site, devices=tuple(devices)), monkeypatch) as one:
        outbox = one.rooms.outbox
        epoch = outbox.ledger.epoch
        outbox.record(Corrected({}, [Gap(epoch, Lane.LOW, 7, 9, "test", {"soil/light": 3})]))
    assert events_in(tmp_path, "start") == [{"epoch": epoch}]
    gap = {"epoch": epoch, "lane": "low", "first": 7, "last": 9, "reason": "test", "readings": {"soil/light": 3}}
    assert events_in(tmp_path, "gap") == [gap]
    [alarm] = events_in(tmp_path, "alarm")
    assert (alarm["series"], alarm["raised"]) == ("room/temperature", True)


async def test_a_database_that_had_to_be_set_aside_is_in_the_event_log(tmp_path, monkeypatch):
    site = site_in(tmp_path)
    async with daemon(site, monkeypatch):
        pass
    path = Path(site.store.directory) / FILE_NAME
    data = bytearray(path.read_bytes())
    data[:16] = b"not SQLite today"
    path.write_bytes(data)
    async with daemon(site, monkeypatch):
        pass
    [event] = events_in(tmp_path, "store_set_aside")
    assert event["file"].startswith(FILE_NAME)
    assert event["file"].endswith(".bad")
    assert event["segments"] == 0


async def test_a_broker_gets_birth_and_status_and_the_status_offline_after_the_stop(
    tmp_path, monkeypatch, mosquitto_broker
):
    async with daemon(site_in(tmp_path, mosquitto_broker.port, whole=True), monkeypatch) as one:
        gateway, epoch = one.site.gateway, one.rooms.outbox.ledger.epoch
        birth = await retained(mosquitto_broker, wire.birth_topic("edgetwin", gateway), Birth, lambda _: True)
        status = wire.status_topic("edgetwin", gateway)
        await retained(mosquitto_broker, status, Status, lambda said: said == Status(Presence.ONLINE, epoch))
    assert (birth.gateway, birth.epoch, birth.software) == (gateway, epoch, SOFTWARE)
    assert set(birth.devices) == {"room", "soil", "air", "door", "heater", "climate"}
    assert birth.devices["heater"].channels["on"].writable
    await retained(mosquitto_broker, status, Status, lambda said: said == Status(Presence.OFFLINE, epoch))


async def retained(broker, topic, kind, fits):
    """The first message on a topic that fits; the retained one counts."""
    async with asyncio.timeout(LONGEST_S), aiomqtt.Client(broker.host, broker.port) as client:
        await client.subscribe(topic)
        async for message in client.messages:
            said = wire.decode(message.payload, kind)
            if fits(said):
                return said
    raise AssertionError("the broker hung up")


async def test_a_second_daemon_on_the_same_store_is_refused_and_the_first_goes_on(tmp_path, monkeypatch):
    site = site_in(tmp_path)
    async with daemon(site, monkeypatch) as one:
        with pytest.raises(StoreBusyError, match="another edgetwin has the store in") as caught:
            await run_once(with_runtime(site, tmp_path / "other"))
        assert "store.directory" in caught.value.hint
        assert (await one.ask())["balanced"] is True


def with_runtime(site, folder):
    store = msgspec.structs.replace(site.store, runtime_directory=str(folder))
    return msgspec.structs.replace(site, store=store)


@pytest.mark.parametrize("place", ["too long", "taken"])
async def test_a_status_socket_that_cannot_be_had_does_not_keep_the_site_from_its_readings(tmp_path, place):
    folder = tmp_path / ("long" * 30) if place == "too long" else tmp_path / "run"
    if place == "taken":
        (folder / SOCKET_NAME).mkdir(parents=True)
    with structlog.testing.capture_logs() as said:
        await run_once(with_runtime(site_in(tmp_path), folder))
    [line] = [line for line in said if line["event"] == "status cannot be asked"]
    assert line["place"] == str(folder / SOCKET_NAME)
    assert "107 bytes" in line["hint"]
    assert said[-1]["event"] == "stopped"


async def test_a_runtime_directory_that_cannot_be_used_is_said_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot use the runtime directory") as caught:
        await run_once(with_runtime(site_in(tmp_path), tmp_path / "file" / "run"))
    assert "store.runtime_directory" in caught.value.hint


async def test_a_socket_that_a_killed_daemon_left_is_replaced(tmp_path, monkeypatch):
    site = site_in(tmp_path)
    left = Path(site.store.runtime_directory) / "status.sock"
    left.parent.mkdir()
    server = await asyncio.start_unix_server(lambda _reader, _writer: None, left)
    server.close()
    assert left.exists()
    async with daemon(site, monkeypatch) as one:
        await one.until(lambda: one.rooms.connection.attempts)
        assert (await one.ask())["gateway"] == site.gateway


def test_the_software_that_the_birth_names_is_this_one():
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{SOFTWARE.removeprefix("edgetwin ")}"' in text
