"""A limit in another unit than the channel's, which nothing measured is ever beyond, or everything is, is a mistake."""

from __future__ import annotations

import pytest

from tests.config.samples import problems_of

SITE = """\
gateway: g
buses:
  i2c-1: {{kind: i2c}}
  line: {{kind: serial}}
  header: {{kind: gpio}}
devices:
  air:
    driver: scd4x
    bus: i2c-1
    channels: {{co2: {{{co2}}}, temperature: {{{temperature}}}}}
  dust: {{driver: pms5003, bus: line, channels: {{pm2_5: {{{dust}}}}}}}
  fan:
    driver: digital_output
    bus: header
    pin: 4
    safe: {{on: off}}
    channels: {{on: {{{fan}}}}}
{rules}"""


def problems(**parts):
    return problems_of(SITE.format(**{"co2": "", "temperature": "", "dust": "", "fan": "", "rules": ""} | parts))


def interlock(condition):
    return f"safety: {{interlock: [{{unless: {{channel: air/co2, {condition}}}}}]}}"


def rule(condition):
    return f"rules: {{fresh: {{when: {{channel: air/co2, {condition}}}, then: {{fan/on: on}}}}}}\n"


@pytest.mark.parametrize(("parts", "expected"), [
    ({"co2": "alarm: {above: 1000}"},
     "co2.alarm.above: found 1000, which air/co2 is never above; it measures at least 0 and at most 0.04, in /"),
    ({"dust": "alarm: {above: 25, clear: 20}"}, "pm2_5.alarm.above: found 25, which dust/pm2_5 is never above"),
    ({"temperature": "alarm: {below: -300}"}, "alarm.below: found -300, which air/temperature is never below"),
    ({"temperature": "alarm: {above: -300}"}, "alarm.above: found -300, which air/temperature is always above"),
    ({"co2": "quality: {range: {low: 300, high: 5000}}"},
     "co2.quality.range.low: found 300, which air/co2 never reaches; it measures at least 0 and at most 0.04, in /"),
    ({"temperature": "quality: {range: {high: -200}}"},
     "quality.range.high: found -200, and air/temperature is always above; it measures at least"),
    ({"temperature": "quality: {stuck: 1s}"},
     "quality.stuck: found 1s, allowed longer than the channel is read, every 1s"),
    ({"fan": interlock("below: 1000")}, "on.safety.interlock: found 1000, which air/co2 is always below; it measures"),
    ({"fan": interlock("above: 1000")}, "on.safety.interlock: found 1000, which air/co2 is never above"),
    ({"rules": rule("above: 1000, clear: 800")}, "rules.fresh.when.above: found 1000, which air/co2 is never above"),
    ({"rules": rule("all: []").replace("channel: air/co2, all: []", "all: [{channel: air/co2, below: 2}]")},
     "below: found 2, which air/co2 is always below"),
])  # fmt: skip
def test_a_limit_that_no_reading_can_cross_is_told_with_the_range_and_the_unit(parts, expected):
    [problem] = problems(**parts)
    assert expected in problem


@pytest.mark.parametrize("parts", [
    {},
    {"co2": "alarm: {above: 0.001, clear: 0.0008}"},
    {"dust": "alarm: {above: 2.5e-8}"},
    {"fan": interlock("below: 0.001")},
    {"fan": interlock("above: 0, below: 0.04")},
    {"rules": rule("above: 0.001")},
    {"co2": "quality: {range: {low: 0.0003, high: 5}, stuck: 1500ms}"},
    {"co2": "calibrate: {scale: 1000000}, quality: {range: {low: 300, high: 5000}}"},
    {"co2": "calibrate: {scale: 1000000}, alarm: {above: 1000}"},
    {"co2": "calibrate: {scale: 1000000}", "fan": interlock("below: 1000")},
    {"co2": "calibrate: {points: [[0, 1], [0.01, -0.5]]}, alarm: {below: -0.2}"},
])  # fmt: skip
def test_a_limit_within_what_is_measured_and_calibrated_is_good(parts):
    assert problems(**parts) == []


def test_a_mistaken_calibration_is_told_alone():
    [problem] = problems(co2="calibrate: {points: [[0, 1]]}, alarm: {above: 1000}")
    assert "calibrate.points" in problem


def test_of_a_channel_without_a_range_nothing_is_said():
    registers = "{x: {address: 1, type: f32, unit: W}}"
    text = (
        "gateway: g\nbuses: {m: {kind: modbus, device: /dev/ttyUSB0}}\ndevices:\n"
        f"  a: {{driver: register_map, bus: m, registers: {registers}, channels: {{x: {{alarm: {{above: 1e6}}}}}}}}\n"
    )
    assert problems_of(text) == []
