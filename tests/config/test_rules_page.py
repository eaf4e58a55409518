"""`docs/rules.md` tells the truth: its rules are good ones, and its recording gives what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.core.schedule import GRACE_S
from tests.config.samples import read

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
SITE = """\
gateway: page
buses: {i2c: {kind: i2c}, header: {kind: gpio}}
devices:
  room: {driver: sht4x, bus: i2c}
  soil: {driver: ads1115, bus: i2c, address: 0x48, inputs: {moisture: {pin: A0, unit: /}}}
  tank: {driver: ads1115, bus: i2c, address: 0x49, every: 10s, inputs: {level: {pin: A0, unit: /}}}
  floor: {driver: digital_input, bus: header, pin: 17, channel: dry}
  pump: {driver: digital_output, bus: header, pin: 27, safe: {on: off}}
  valve: {driver: digital_output, bus: header, pin: 22, channel: open, safe: {open: off}}
  mist: {driver: digital_output, bus: header, pin: 23, safe: {on: off}}
  heater: {driver: digital_output, bus: header, pin: 24, safe: {on: off}}
thermostats:
  climate: {sensor: room/temperature, actuator: heater/on}
"""


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_good(example):
    site, problems = read(SITE + example)
    assert problems == []
    assert site.rules


def test_the_recording_gives_what_the_page_shows(tmp_path, capsys):
    pump_house = next(example for example in EXAMPLES if "exercise:" in example)
    (recording,) = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    (shown,) = re.findall(r"it says\n\n```\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "site.yaml").write_text(SITE + pump_house)
    (tmp_path / "data.csv").write_text(recording)
    assert main(["rules", "test", "--config", f"{tmp_path}/site.yaml", "--data", f"{tmp_path}/data.csv"]) == 0
    assert capsys.readouterr().out == shown


def test_the_grace_of_the_page_is_the_real_one():
    assert GRACE_S == 600
    assert "no more than ten minutes past" in PAGE


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)", PAGE))))
def test_every_link_leads_somewhere(link):
    assert (Path(__file__).parents[2] / "docs" / link).exists()
