"""`edgetwin rules test`: what rules would have done, from every kind of recording, and what is said of a bad one."""

from __future__ import annotations

import json

import pytest

from gateway.cli import main
from tests.config.samples import CLIMATE, changed

RULES = """\
time_zone: Europe/Berlin
rules:
  cold:
    when: {channel: room/temperature, below: 5, clear: 7, for: 10s}
    then: {heater/on: on}
    otherwise: {heater/on: off}
  morning:
    at: 06:30
    then: {heater/on: off}
    priority: 7
"""
SITE = changed(("thermostats:\n  " + CLIMATE + "\n", "")) + RULES
START = 1_772_429_380  # 2026-03-02 06:29:40 in Berlin
READINGS = [(0, 20.0), (10, 4.0), (25, 6.0), (40, 8.0)]
EXPECTED = [
    "2026-03-02 06:30:00  morning  fired     - (more urgent rules hold heater/on): its time has come",
    "2026-03-02 06:30:00  cold     fired     heater/on = on: room/temperature (4) below 5, clear 7 for 10 s",
    "2026-03-02 06:30:20  cold     released  heater/on = off: its condition is no longer true",
]


@pytest.fixture
def site(tmp_path):
    file = tmp_path / "site.yaml"
    file.write_text(SITE)
    return file


def tried(site, data, *words):
    file = site.parent / "data"
    file.write_text(data)
    return main(["rules", "test", "--config", str(site), "--data", str(file), *words])


def as_csv(quality=""):
    rows = "".join(f"{START + at},room/temperature,{value}{quality and ',' + quality}\n" for at, value in READINGS)
    return f"time,series,value{quality and ',quality'}\n{rows}"


def as_lines():
    rows = ({"time": START + at, "series": "room/temperature", "value": value} for at, value in READINGS)
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def as_senml(indent):
    records = [{"n": "room/temperature", "t": at, "v": value} for at, value in READINGS]
    records[0] |= {"bn": "greenhouse-1/", "bt": START, "u": "Cel"}
    return json.dumps(records, indent=indent)


@pytest.mark.parametrize(
    "data", [as_csv(), as_lines(), as_senml(None), as_senml(2)], ids=["csv", "lines", "pack", "tree"]
)
def test_every_form_of_a_recording_gives_the_same(site, capsys, data):
    assert tried(site, data) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines[:3]) == sorted(EXPECTED)
    assert lines[3:] == ["4 readings of 1 series", "cold     fired 1 times", "morning  fired 1 times"]


def test_json_is_one_object_a_line(site, capsys):
    assert tried(site, as_csv(), "--json") == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found[-1] == {
        "time": "2026-03-02T06:30:20+01:00", "rule": "cold", "what": "released", "sets": {"heater/on": False},
        "outvoted": [], "because": "its condition is no longer true",
    }  # fmt: skip


def test_times_in_words_are_of_the_zone_of_the_site_and_order_does_not_matter(site, capsys):
    data = "time,series,value\n2026-03-02T06:31:00,room/temperature,4\n2026-03-02T05:30:30Z,room/temperature,4\n"
    assert tried(site, data) == 0
    assert capsys.readouterr().out.startswith("2026-03-02 06:30:40  cold ")


def test_bad_readings_are_bad(site, capsys):
    assert tried(site, as_csv("bad")) == 0
    assert "cold     fired 0 times" in capsys.readouterr().out


def test_what_is_looked_at_and_was_not_recorded_is_said(site, capsys):
    assert tried(site, f"time,series,value\n{START},door/closed,on\n") == 0
    assert "note: rules look at room/temperature, of which there is no reading" in capsys.readouterr().out


@pytest.mark.parametrize(("data", "expected"), [
    ("time,value\n1,2\n", "no column series"),
    ("time,series,value\n1,a/b,2\nyesterday,a/b,2\n", "behind line 2: "),
    ("time,series,value\n-1,a/b,2\n", "allowed Unix seconds or such as 2026"),
    ("time,series,value,quality\n1,a/b,2,fine\n", "'fine' is not a valid Quality"),
    ('{"time": 1, "series": "a/b"}\n', "'value' is missing"),
    ('{"time": 1,\n', "behind line 0"),
    ('[{"n": "a/b", "v": "x"}]', "behind line 0"),
    ("time,series,value\n1,a/b\n", "line 2 has not as many columns as the heading"),
    ("time,series,value\n1,a/b,2,3\n", "line 2 has not as many columns as the heading"),
    ("time,series,value\n1,a/b,\n", "an empty value"),
    ("time,series,value\n1,a/b,nan\n", "value nan, allowed finite numbers"),
    ("time,series,value\n1,a,2\n", "series 'a', allowed device/channel"),
    ("time,series,value\n1,,2\n", "series '', allowed device/channel"),
    ('{"time": 1, "series": "a/b", "value": null}\n', "value None"),
    ('{"time": 1, "series": "a/b", "value": [1]}\n', "value [1], allowed a number"),
    ('{"time": 1, "series": 7, "value": 1}\n', "series 7, allowed device/channel"),
    ("\xff\x00", "no column"),
    ("", "no column"),
])  # fmt: skip
def test_a_bad_recording_is_told_with_its_place(site, capsys, data, expected):
    assert tried(site, data) == 1
    said = capsys.readouterr().err
    assert expected in said
    assert "as CSV with that heading" in said


def test_a_bad_site_and_a_missing_file_are_told(site, capsys):
    assert main(["rules", "test", "--config", str(site), "--data", "/no/such/file"]) == 1
    site.write_text("gateway: g\nrules: {one: {}}\n")
    assert tried(site, as_csv()) == 1
    said = capsys.readouterr().err
    assert "No such file" in said
    assert "rules.one.then: missing" in said


ODD = (
    f"time,series,value\n{START},rom/temperature,4\n{START},rom/temperature,5\n"
    f"{START},room/temperature,n/a\n{START},door/closed,2\n{START},door/closed,1\n"
)


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_what_fits_no_channel_is_said(site, capsys, words):
    assert tried(site, ODD, *words) == 0
    said = capsys.readouterr()
    assert [line for line in (said.err if words else said.out).splitlines() if line.startswith("note: ")][-3:] == [
        "note: 2 readings are of rom/temperature, which the site does not have",
        "note: 1 readings of door/closed are of another kind than boolean, such as 2",
        "note: 1 readings of room/temperature are of another kind than number, such as 'n/a'",
    ]


def test_a_bad_reading_may_be_of_any_kind(site, capsys):
    assert tried(site, f"time,series,value,quality\n{START},room/temperature,failed,bad\n") == 0
    assert "another kind" not in capsys.readouterr().out


@pytest.mark.parametrize(("value", "fired"), [("1", 1), ("0", 0), ("on", 1), ("true", 1)])
def test_a_switch_may_be_recorded_as_a_number(site, capsys, value, fired):
    site.write_text(
        SITE + "  shut: {when: {channel: door/closed, equals: on}, then: {heater/on: on}, priority: 9}\n",
    )
    assert tried(site, f"time,series,value\n{START},door/closed,{value}\n") == 0
    assert f"shut     fired {fired} times" in capsys.readouterr().out
