"""How seldom a device may be read: the least patient of all that look at it."""

from __future__ import annotations

import pytest

from gateway.config import load
from gateway.core.patience import Patience, patience_of

SITE = """
gateway: gw
buses:
  i2c-1: {kind: i2c, simulated: true}
  pins: {kind: gpio, simulated: true}
devices:
  room: {driver: sht4x, bus: i2c-1, address: 0x44, every: 20s}
  heater:
    driver: digital_output
    bus: pins
    pin: 17
    safe: {on: off}
    channels:
      on: {safety: SAFETY}
"""
THERMOSTAT = """
thermostats:
  climate: {sensor: room/temperature, actuator: heater/on, setpoint: 21, stale_after: 45s}
"""
RULE = """
rules:
  vent: {when: WHEN, then: {heater/on: on}}
"""


def patience(tmp_path, text, safety="{}", when=""):
    file = tmp_path / "site.yaml"
    file.write_text(text.replace("SAFETY", safety).replace("WHEN", when))
    return patience_of(load(file))


def test_where_nobody_looks_there_is_no_limit(tmp_path):
    assert patience(tmp_path, SITE) == {}


def test_a_thermostat_is_as_patient_as_it_says(tmp_path):
    assert patience(tmp_path, SITE + THERMOSTAT) == {"room": Patience(45.0, "the thermostat climate")}


@pytest.mark.parametrize(
    "safety",
    [
        "{on_stale: {channel: room/humidity, after: 40s}}",
        "{interlock: [{unless: {channel: room/humidity, above: 5, stale_after: 40s}}]}",
    ],
)
def test_of_all_that_look_at_it_the_least_patient_counts(tmp_path, safety):
    found = patience(tmp_path, SITE + THERMOSTAT, safety)
    assert found == {"room": Patience(40.0, "the safety of heater/on")}


@pytest.mark.parametrize(
    ("when", "stale_s"),
    [
        ("{channel: room/temperature, above: 30}", 60.0),
        ("{channel: room/temperature, above: 30, stale_after: 50s}", 50.0),
        ("{channel: room/temperature, stale: 25s}", 25.0),
        ("{any: [{all: [{channel: room/humidity, below: 5, stale_after: 22s}, {between: 22:00 to 06:00}]}]}", 22.0),
    ],
)
def test_a_rule_knows_nothing_of_what_is_older_than_it_says_or_than_three_intervals(tmp_path, when, stale_s):
    assert patience(tmp_path, SITE + RULE, when=when) == {"room": Patience(stale_s, "the rule vent")}
