"""`edgetwin why` against a whole daemon, and against the log that it left."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest

from gateway.cli.why import main as why
from gateway.core.command import Source
from gateway.core.settings import ChannelSettings
from gateway.core.settings_rules import ConditionSettings, RuleSettings
from gateway.core.settings_safety import ConditionSettings as Unless
from gateway.core.settings_safety import InterlockSettings, SafetySettings
from tests.app.running import daemon, site_in

WARM = RuleSettings(
    name="warm", when=ConditionSettings(channel="room/temperature", above=-39.0), then={"heater/on": True}
)
CLOSED = SafetySettings(interlock=(InterlockSettings(unless=Unless(channel="door/closed", is_=True)),))
"""The heater has to be off while the door is open."""


def with_rule(folder, safety=None):
    site = msgspec.structs.replace(site_in(folder), thermostats=(), rules=(WARM,))
    if safety is None:
        return site
    guarded = {"on": ChannelSettings(safety=safety)}
    devices = tuple(
        msgspec.structs.replace(one, channels=guarded) if one.name == "heater" else one for one in site.devices
    )
    return msgspec.structs.replace(site, devices=devices)


async def asked(folder, capsys, *words):
    status = await asyncio.to_thread(why, [*words, "--config", str(folder / "site.yaml")])
    said = capsys.readouterr()
    return status, said.out, said.err


async def test_a_rule_is_told_while_the_daemon_runs_and_after(tmp_path, monkeypatch, capsys):
    async with daemon(with_rule(tmp_path), monkeypatch) as one:
        await one.until(lambda: one.pin().state is True)
        await one.until(lambda: one.rooms.rules.asked("heater/on")["state"] == "done")
        await one.until(lambda: one.rooms.board.latest["heater/on"].value is True)
        status, out, _ = await asked(tmp_path, capsys, "heater/on")
        assert status == 0
        assert "heater/on is on, read " in out
        assert "because   rule warm: room/temperature (" in out
        assert "above -39" in out
        assert "rule      warm wants on, priority 5" in out
    status, out, _ = await asked(tmp_path, capsys, "heater/on")
    assert (status, "no gateway is running" in out, "rule warm" in out) == (0, True, True)


async def test_a_person_is_named_and_what_the_rule_asks_in_vain(tmp_path, monkeypatch, capsys):
    async with daemon(with_rule(tmp_path), monkeypatch) as one:
        await one.until(lambda: one.pin().state is True)
        await one.ask(b'{"ask":"set","channel":"heater/on","value":"off","for_s":600}\n')
        _, out, _ = await asked(tmp_path, capsys, "heater/on", "--json")
        document = json.loads(out[out.index("{\n") :])  # Behind what the daemon logs.
        assert document["cause"]["text"].startswith("set by hand by ")
        assert document["now"]["override"]["value"] is False
        assert document["now"]["rules"] == [{"rule": "warm", "value": True, "priority": 5}]


async def test_a_condition_of_safety_goes_before_a_rule_and_is_told(tmp_path, monkeypatch, capsys):
    async with daemon(with_rule(tmp_path, CLOSED), monkeypatch) as one:
        door = one.rooms.hardware.devices["door"]._driver._bus._factory.pin(17)
        await one.until(lambda: "door/closed" in one.rooms.board.latest)
        if one.rooms.board.latest["door/closed"].value is True:
            await one.until(lambda: one.pin().state is True)
            door.drive_high()
            await one.until(lambda: one.pin().state is False)
        await one.until(lambda: one.rooms.rules.report()["warm"]["fired"] == 1)
        _, out, _ = await asked(tmp_path, capsys, "heater/on")
        assert "safety    has to be off: door/closed is off, and must be on" in out
        assert one.pin().state is False


async def test_an_operation_under_way_is_named_until_it_is_over_and_then_that_it_was_broken_off(
    tmp_path, monkeypatch, capsys
):
    site = msgspec.structs.replace(site_in(tmp_path), thermostats=())
    cycle = {"on": 3600.0, "off": 1.0, "times": 2.0}
    async with daemon(site, monkeypatch) as one:
        admission = one.rooms.hand.overrides._records.admission
        order = admission.local("o-1", "heater", "", Source.HAND)
        await admission.submit(msgspec.structs.replace(order, operation="StartCycle", parameters=cycle))
        await one.until(lambda: one.pin().state is True)
        await one.until(lambda: one.rooms.operator.driving("heater/on"))
        status, out, _ = await asked(tmp_path, capsys, "heater/on")
        text = "because   the operation StartCycle of heater, asked for by hand, which is under way\n"
        assert (status, text in out, "command   o-1" in out) == (0, True, True)
    _, out, _ = await asked(tmp_path, capsys, "heater/on")
    assert "which was broken off: the gateway was stopped in the middle of it" in out
    assert one.pin().state is False


@pytest.mark.parametrize("channel", ["room/temperature", "no/where"])
async def test_what_cannot_be_driven_is_said(tmp_path, monkeypatch, capsys, channel):
    async with daemon(with_rule(tmp_path), monkeypatch):
        status, _, err = await asked(tmp_path, capsys, channel)
        assert (status, "cannot be driven; what can be: heater/on" in err) == (1, True)
    status, out, err = await asked(tmp_path, capsys, channel)
    assert (status, "safe value" in out, "cannot be driven; what can be: climate/setpoint, heater/on" in err) == (
        1,
        False,
        True,
    )


def test_without_a_log_that_is_said(tmp_path, capsys):
    (tmp_path / "site.yaml").write_text(
        f"gateway: g\nstore: {{directory: {tmp_path}/x, runtime_directory: {tmp_path}}}\n"
        "buses: {header: {kind: gpio}}\n"
        "devices: {heater: {driver: digital_output, bus: header, pin: 27, safe: {on: off}}}\n"
    )
    assert why(["heater/on", "--config", str(tmp_path / "site.yaml")]) == 1
    assert "edgetwin why: " in capsys.readouterr().err
