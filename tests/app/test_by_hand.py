"""`edgetwin set` and `edgetwin release` against a whole daemon, through its socket, without a link."""

from __future__ import annotations

import asyncio
import json

import pytest

from gateway.cli.release import main as release
from gateway.cli.set import main as set_
from gateway.errors import StoreError
from tests.app.running import daemon, events_in, site_in


@pytest.fixture
async def house(tmp_path, monkeypatch):
    async with daemon(site_in(tmp_path), monkeypatch) as one:
        one.file = tmp_path / "site.yaml"
        yield one


async def run(command, house, *words):
    return await asyncio.to_thread(command, [*words, "--config", str(house.file)])


async def ask(house, **question):
    return await house.ask(json.dumps(question).encode() + b"\n")


async def test_a_set_point_is_set_held_and_let_go(house, capsys):
    assert await run(set_, house, "climate/setpoint", "25", "--for", "30m") == 0
    assert "climate/setpoint is 25, held for 1800 s" in capsys.readouterr().out
    assert house.rooms.thermostats["climate"].setpoint == 25.0
    [override] = (await house.ask())["overrides"].values()
    assert (override["value"], override["left_s"] > 1700) == (25.0, True)
    assert await run(release, house, "climate/setpoint") == 0
    await house.until(lambda: house.rooms.thermostats["climate"].setpoint == 18.0)
    assert (await house.ask())["overrides"] == {}


async def test_a_relay_is_held_against_its_thermostat(house):
    answer = await ask(house, ask="set", channel="heater/on", value="on", for_s=600)
    assert answer["status"] == "SUCCEEDED"
    await house.until(lambda: house.rooms.board.latest["heater/on"].value is True)
    house.rooms.thermostats["climate"].setpoint = 5.0
    await house.rooms.thermostats["climate"].decide()
    await house.rooms.hand.overrides.check()
    assert house.pin().state is True
    assert (await ask(house, ask="release", channel="heater/on"))["channel"] == "heater/on"
    await house.until(lambda: house.pin().state is False)


@pytest.mark.parametrize(("words", "reason"), [
    (("climate/setpoint", "99"), "takes 5 to 30"),
    (("climate/setpoint", "warm"), "takes a number"),
    (("climate/setpoint", "nan"), "takes a number"),
    (("room/temperature", "20"), "cannot be set; what can be: climate/setpoint, heater/on"),
    (("nothing/there", "on"), "cannot be set"),
])  # fmt: skip
async def test_what_cannot_be_set_is_refused_with_the_reason(house, capsys, words, reason):
    assert await run(set_, house, *words) == 1
    assert reason in capsys.readouterr().err
    assert (await house.ask())["overrides"] == {}


async def test_a_switch_is_told_of_as_on_and_off(house, capsys):
    assert await run(set_, house, "heater/on", "on", "--for", "30m") == 0
    assert await run(release, house, "heater/on") == 0
    out = capsys.readouterr().out
    assert "heater/on is on, held for 1800 s" in out
    assert "heater/on is released and follows off\n" in out


async def test_a_time_without_a_unit_is_not_guessed(house, capsys):
    assert await run(set_, house, "heater/on", "on", "--for", "30") == 2
    assert "--for" in capsys.readouterr().err


async def test_what_is_not_held_cannot_be_released(house, capsys):
    assert await run(release, house, "heater/on") == 1
    assert "not set by hand" in capsys.readouterr().err


async def test_strange_questions_are_answered(house):
    assert "error" in await ask(house, ask="set", channel="heater/on")
    assert "error" in await ask(house, ask="set", channel="heater/on", value="on", for_s=-1)
    assert "error" in await ask(house, ask="set", channel="heater/on", value="on", for_s=1e9)
    assert "unknown question" in (await ask(house, ask="dance"))["error"]


async def test_a_disk_that_takes_nothing_is_told_and_nothing_is_done(house, capsys, monkeypatch):
    async def full(*_arguments, **_options):
        raise StoreError("disk full")

    monkeypatch.setattr(house.rooms.hand.records.admission, "submit", full)
    assert await run(set_, house, "heater/on", "on") == 1
    assert "disk full; nothing was done" in capsys.readouterr().err
    assert (await house.ask())["overrides"] == {}


async def test_nobody_answers(tmp_path, capsys):
    file = tmp_path / "site.yaml"
    file.write_text(f"gateway: gw\nstore: {{directory: {tmp_path}/store, runtime_directory: {tmp_path}}}\n")
    assert release(["heater/on", "--config", str(file)]) == 1
    assert set_(["heater/on", "on", "--config", str(tmp_path / "none.yaml")]) == 1
    said = capsys.readouterr().err
    assert "is the gateway running" in said
    assert "none.yaml" in said


async def test_it_is_there_again_after_a_restart(tmp_path, monkeypatch):
    site = site_in(tmp_path)
    async with daemon(site, monkeypatch) as one:
        assert (await ask(one, ask="set", channel="heater/on", value=True))["status"] == "SUCCEEDED"
    async with daemon(site, monkeypatch) as one:
        assert list((await one.ask())["overrides"]) == ["heater/on"]
        await one.until(lambda: one.pin().state is True)
    assert len(events_in(tmp_path, "override")) == 1
