"""`edgetwin check` says which devices will miss the objective for freshness by how they are configured."""

from __future__ import annotations

import pytest

from gateway.cli.check import main
from gateway.cli.check_freshness import freshness_note
from gateway.config import load

SITE = """
gateway: gw
objectives: {freshness: FRESHNESS}
buses:
  i2c-1: {kind: i2c, simulated: true}
devices:
  room: {driver: sht4x, bus: i2c-1, address: 0x44, every: EVERY, channels: {temperature: CHANNEL, humidity: OTHER}}
"""
MORE = "".join(f"  s{n}: {{driver: ads1115, bus: i2c-1, address: 0x{0x48 + n:x}, every: 2m}}\n" for n in range(4))


def site(tmp_path, every="1s", channel="{}", freshness="30s", more="", other=None):
    file = tmp_path / "site.yaml"
    text = SITE.replace("EVERY", every).replace("CHANNEL", channel).replace("FRESHNESS", freshness)
    text = text.replace("OTHER", other or channel)
    file.write_text(text + more)
    return file


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, ""),
        ({"every": "29s"}, ""),
        ({"every": "30s"}, "room (read every 30s)"),
        ({"every": "1m", "freshness": "90s"}, ""),
        ({"channel": "{mode: periodic, window: 10m}"}, "room (windows of 10m)"),
        ({"channel": "{mode: periodic, window: 10m}", "other": "{mode: event}"}, ""),
        ({"channel": "{freshness: 90s}"}, "room (windows of 90s)"),
        ({"channel": "{mode: periodic, window: 20s}"}, ""),
        ({"channel": "{mode: hybrid, window: 10m, deadband: 1}"}, ""),
    ],
)
def test_what_will_be_missed_by_how_it_is_configured(tmp_path, changes, why):
    note = freshness_note(load(site(tmp_path, **changes)))
    expected = f"objectives.freshness is 30s, which will be missed by {why}" if why else ""
    assert note == expected


def test_of_many_some_are_named(tmp_path):
    note = freshness_note(load(site(tmp_path, more=MORE)))
    assert note.endswith("missed by s0 (read every 2m), s1 (read every 2m), s2 (read every 2m) and 1 more")


def test_it_is_a_note_and_no_problem(tmp_path, capsys):
    file = site(tmp_path, every="1m")
    assert main([str(file)]) == 0
    assert f"{file}: note: objectives.freshness is 30s" in capsys.readouterr().out
