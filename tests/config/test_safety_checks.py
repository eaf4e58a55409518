"""Conditions of safety that contradict themselves, or what they depend on, are told with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.base import Channel
from gateway.config import check, load
from gateway.config.safety_conflicts import conflicts
from gateway.core.settings_safety import Boot, Fallback, LimitSettings, LinkLossSettings, SafetySettings
from tests.config.samples import HEATER, changed, heater, problems_of, read, room

PUMPHOUSE = Path(__file__).parents[2] / "config" / "pumphouse.yaml"
WITH = "pin: 27, safe: {{on: {safe}}}, channels: {{on: {{safety: {{{keys}}}}}}}"
VALVES = (
    "valve_a: {driver: digital_output, bus: header, pin: 22, safe: {on: off}, channels: {on: {safety: {KEYS}}}}\n"
    "  valve_b: {driver: digital_output, bus: header, pin: 23, safe: {on: SAFE}, channels: {on: {safety: {MORE}}}}\n  "
)


def of_heater(keys, safe="off"):
    return heater(WITH.format(keys=keys, safe=safe))


def valves(keys, safe="off", more=""):
    text = VALVES.replace("KEYS", keys).replace("SAFE", safe).replace("MORE", more)
    return changed((HEATER, text + HEATER))


GOOD = [
    "on_link_loss: {after: 60s, to: off}",
    "on_link_loss: {}",
    "on_stale: {channel: room/temperature, after: 30s, to: hold}",
    "min_on: 10s, min_off: 5m, max_on: 1h, rest: 10m, rate: 5 per 1m",
    "boot: last",
    "interlock: [{unless: {channel: room/temperature, above: 5, below: 40}}, {unless: {channel: door/closed, is: on}}]",
    "interlock: [{unless: {channel: room/temperature, above: 5}}, {unless: {channel: room/temperature, below: 40}}]",
    "on_link_loss: {to: on}, on_stale: {channel: room/temperature, to: on}",
    "on_link_loss: {to: on}, on_stale: {channel: room/temperature, to: hold}",
    "on_stale: {channel: room/temperature}, interlock: [{unless: {channel: room/temperature, below: 40}}]",
    "on_link_loss: {to: hold}, max_on: 1h",
]


@pytest.mark.parametrize("keys", GOOD)
def test_conditions_that_fit_together_are_good(keys):
    assert problems_of(of_heater(keys)) == []


BAD = [
    (room("channels: {temperature: {safety: {min_on: 1s}}}"), "safety: does nothing for a channel that is only read"),
    (of_heater("limits: {max: 5}"), "channels.on.safety.limits: does nothing for a boolean; only for numbers"),
    (of_heater("slew: 1 per 1s"), "channels.on.safety.slew: does nothing for a boolean"),
    (of_heater("rest: 1m"), "safety.rest: is given without 'max_on'"),
    (of_heater("min_on: 2m, max_on: 1m"), "safety.min_on: found 2m, allowed at most max_on, 1m"),
    (of_heater("rate: 5 a minute"), "safety.rate: found '5 a minute', allowed a count and a time such as '5 per 1m'"),
    (of_heater("rate: 5 per 0s"), "safety.rate: found '5 per 0s'; allowed: both numbers above 0"),
    (of_heater("boot: on"), "safety.boot: found 'on', allowed"),
    (of_heater("min_off: 0s"), "safety.min_off: found 0s, allowed"),
    (of_heater("on_link_loss: {after: 60}"), "found '60', allowed a duration"),
    (of_heater("on_stale: {channel: rom/temperature}"), "on_stale.channel: unknown device 'rom'; did you mean"),
    (of_heater("on_stale: {channel: heater/on}"), "on_stale.channel: 'heater/on' is the output itself"),
    (of_heater("on_stale: {channel: room/temperature, after: 1s}"), "would be stale after 1s, and is read every 1s"),
    (of_heater("interlock: [{unless: {channel: room/wind, above: 1}}]"), "unknown channel 'wind' of 'room'"),
    (of_heater("interlock: [{unless: {channel: room/temperature}}]"), "safety.interlock: one condition is needed"),
    (of_heater("interlock: [{unless: {channel: room/temperature, is: on}}]"), "'room/temperature' is a number"),
    (of_heater("interlock: [{unless: {channel: door/closed, above: 1}}]"), "'door/closed' is a boolean; allowed: is"),
    (of_heater("interlock: [{unless: {channel: room/humidity, above: 9, below: 9}}]"), "is never true"),
    (
        of_heater("interlock: [{unless: {channel: room/temperature, above: 125}}]"),
        "found 125, which room/temperature is never above",
    ),
    (
        of_heater("interlock: [{unless: {channel: room/humidity, below: 0}}]"),
        "found 0, which room/humidity is never below",
    ),
    (
        of_heater(
            "interlock: [{unless: {channel: room/temperature, below: 5}}, "
            "{unless: {channel: room/temperature, above: 9}}]"
        ),
        "'room/temperature' is never both below 5 and above 9",
    ),
    (
        of_heater("interlock: [{unless: {channel: door/closed, is: on}}, {unless: {channel: door/closed, is: off}}]"),
        "'door/closed' is never both on and off",
    ),
    (
        of_heater("on_link_loss: {to: on}, on_stale: {channel: room/temperature}"),
        "on_link_loss.to: on_stale and on_link_loss want it on and off, and both may be lost at once",
    ),
    (of_heater("on_link_loss: {to: on}, max_on: 1h"), "on_link_loss.to: keeps it on for longer than max_on"),
    (
        of_heater(
            "on_stale: {channel: room/temperature, to: on}, "
            "interlock: [{unless: {channel: room/temperature, below: 40}}]"
        ),
        "on_stale.to: found 'on', but an interlock gives it the safe value when 'room/temperature' is lost",
    ),
    (of_heater("exclusive: [heater/on]"), "safety.exclusive: names no other output"),
    (valves("exclusive: [valve_c/on]"), "safety.exclusive: unknown device 'valve_c'; did you mean"),
    (valves("exclusive: [door/closed]"), "safety.exclusive: 'door/closed' cannot be written"),
    (valves("exclusive: [valve_b/on]", "on"), "safety.exclusive: the safe value of 'valve_b/on' is on"),
    (valves("exclusive: [valve_b/on]", more="on_link_loss: {to: on}"), "'valve_b/on' goes on when control is lost"),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_a_contradiction_is_told(text, said):
    problems = problems_of(text)
    assert any(said in one for one in problems), problems


@pytest.mark.parametrize(("to", "wrong"), [(Fallback.OFF, True), (Fallback.SAFE, False), (Fallback.HOLD, False)])
def test_where_a_number_goes_has_to_be_within_its_limits(to, wrong):
    fan = Channel(name="duty", unit="%", low=0.0, high=100.0, writable=True)
    settings = SafetySettings(limits=LimitSettings(min=20.0), on_link_loss=LinkLossSettings(to=to))
    found = [(place, message) for place, message, _ in conflicts(fan, settings, 20.0)]
    assert found == ([(("on_link_loss", "to"), "0 is outside limits")] if wrong else [])


BOARD = "lamps: {driver: pca9685, bus: i2c-1, outputs: {a: {output: 0}}, safe: {a: 0}, channels: {a: {safety: {KEYS}}}}"


@pytest.mark.parametrize(("slew", "wrong"), [("0.0001 per 10ms", True), ("0.00025 per 10ms", False)])
def test_a_slew_has_to_be_one_that_the_part_can_follow(slew, wrong):
    problems = problems_of(changed((HEATER, f"{BOARD.replace('KEYS', f'slew: {slew}')}\n  {HEATER}")))
    said = "channels.a.safety.slew: 0.0001 is lost in the part, whose own step is 0.000244; allowed: an amount of a"
    assert [said in one for one in problems] == ([True] if wrong else [])


def test_a_good_pair_of_valves():
    assert problems_of(valves("exclusive: [valve_a/on, valve_b/on]")) == []


def test_what_is_written_is_what_is_meant():
    site, _ = read(of_heater("on_link_loss: {after: 2m, to: hold}, boot: last, rate: 5 per 1m"))
    found = site.devices[-1].channels["on"].safety
    assert (found.on_link_loss.after_s, found.on_link_loss.to) == (120.0, Fallback.HOLD)
    assert (found.boot, found.rate) == (Boot.LAST, "5 per 1m")


def test_the_pump_house_is_good_and_has_its_conditions():
    assert check(PUMPHOUSE) == []
    pump = next(one for one in load(PUMPHOUSE).devices if one.name == "pump").channels["on"].safety
    assert [one.unless.channel for one in pump.interlock] == ["tank/level", "float/closed"]
    assert (pump.min_off_s, pump.max_on_s) == (180.0, 1800.0)
