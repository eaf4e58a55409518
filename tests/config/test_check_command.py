"""`edgetwin check`: problems on standard error, one line of good news on standard output, an exit code for scripts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gateway.cli.check import main
from tests.config.samples import GOOD


@pytest.fixture
def good(tmp_path):
    file = tmp_path / "good.yaml"
    file.write_text(GOOD, encoding="utf-8")
    return str(file)


@pytest.fixture
def bad(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text(GOOD.replace("0x44", "0x99").replace("pin: 17", "pin: 99"), encoding="utf-8")
    return str(file)


def test_a_good_file_is_one_line_on_standard_output(good, capsys):
    assert main([good]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out == (
        f"{good}: good: gateway greenhouse-1: 5 devices with 11 channels on 3 buses, 1 thermostat,"
        " 11 readings per second\n"
    )


@pytest.mark.parametrize(("channel", "is_told"), [
    ("{mode: event, deadband: 0.1}", True),
    ("{mode: event, deadband: 0.1, deadband_max: 1}", False),
    ("{mode: event, deadband: 0.1, deadband_max: 1, lane: critical}", True),
])  # fmt: skip
def test_a_budget_that_can_widen_nothing_is_told(tmp_path, capsys, channel, is_told):
    file = tmp_path / "one.yaml"
    file.write_text(
        "gateway: g\nlink: {budget: 20MB/day}\nbuses: {b: {kind: i2c, simulated: on}}\n"
        f"devices: {{d: {{driver: sht4x, bus: b, channels: {{temperature: {channel}}}}}}}\n",
        encoding="utf-8",
    )
    assert main([str(file)]) == 0
    assert ("note: link.budget can widen nothing" in capsys.readouterr().out) is is_told


def test_simulated_buses_are_counted_and_few_things_are_in_the_singular(tmp_path, capsys):
    file = tmp_path / "one.yaml"
    file.write_text(
        "gateway: g\nbuses: {b: {kind: gpio, simulated: on}}\n"
        "devices: {d: {driver: digital_input, bus: b, pin: 4, every: 2s}}\n",
        encoding="utf-8",
    )
    assert main([str(file)]) == 0
    assert capsys.readouterr().out.endswith("1 device with 1 channel on 1 bus (1 simulated), 0.5 readings per second\n")


def test_every_problem_is_a_line_on_standard_error_and_their_count_the_last(bad, capsys):
    assert main([bad]) == 1
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[0].startswith(f"{bad}:7:46: devices.room.address: found 0x99, allowed 0x44 to 0x46")
    assert lines[1].startswith(f"{bad}:10:")
    assert lines[2:] == [f"{bad}: 2 problems"]


def test_one_bad_file_among_good_ones_is_enough(good, bad, capsys):
    assert main([good, bad, good]) == 1
    out, err = capsys.readouterr()
    assert out.count("good: gateway") == 2
    assert err.endswith("2 problems\n")


def test_a_file_that_is_not_there_is_a_problem(tmp_path, capsys):
    assert main([str(tmp_path / "none.yaml")]) == 1
    assert capsys.readouterr().err.endswith("none.yaml: 1 problem\n")


def test_json_says_the_same_in_one_object(good, bad, capsys):
    assert main(["--json", good, bad]) == 1
    out, err = capsys.readouterr()
    first, second = json.loads(out)["files"]
    assert err == ""
    assert first == {
        "file": good,
        "good": True,
        "problems": [],
        "summary": {
            "gateway": "greenhouse-1",
            "devices": 5,
            "channels": 11,
            "buses": 3,
            "simulated_buses": 0,
            "thermostats": 1,
            "rules": 0,
            "readings_per_s": 11.0,
            "budget": "",
            "freshness": "",
        },
    }
    assert (second["good"], second["summary"], len(second["problems"])) == (False, None, 2)
    assert second["problems"][0] == {
        "file": bad,
        "line": 7,
        "column": 46,
        "path": "devices.room.address",
        "message": "found 0x99, allowed 0x44 to 0x46",
        "hint": "",
    }


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_name_that_is_no_text_can_be_printed(tmp_path, capsys, flags):
    file = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yaml")
    Path(file).write_text(GOOD, encoding="utf-8")
    assert main([*flags, file]) == 0
    assert "\\udcff.yaml" in capsys.readouterr().out


def test_help_is_printed_and_nothing_else_is_done(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "usage: edgetwin check" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [[], ["--jsn", "x"]])
def test_a_command_that_makes_no_sense_is_code_2(argv, capsys):
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err
