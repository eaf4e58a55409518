"""`edgetwin drivers`: whoever holds a part in his hand finds what to write."""

from __future__ import annotations

import json
import re

import pytest

from drivers import registry
from drivers.base import Operation, Parameter, ValueKind
from gateway.cli import main
from gateway.cli.driver_page import NAME, example, page_of
from gateway.cli.drivers import WIDTH, lines_of
from gateway.config import examine, load
from gateway.config.devices import own_fields

every_driver = pytest.mark.parametrize("name", registry.names())


def said(capsys, *words):
    assert main(["drivers", *words]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_every_driver_is_listed_with_its_bus_and_its_part(capsys):
    lines = said(capsys).splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == list(registry.names())
    assert "sht4x           i2c      Sensirion SHT40, SHT41, SHT43, SHT45" in lines


def test_of_one_everything_is_told_that_is_needed_to_use_it(capsys):
    assert (
        said(capsys, "sht4x")
        == """\
sht4x     Sensirion SHT40, SHT41, SHT43, SHT45
bus       a bus of kind i2c
wiring    SDA to GPIO2 (pin 3), SCL to GPIO3 (pin 5), pulled up to 3.3 V and not
          to 5 V, ground; dtparam=i2c_arm=on

settings
  address    whole number, 0x44 to 0x46, default 0x44. Its I2C address; fixed in
             the part: 0x44 (A variants), 0x45 (B), 0x46 (C).
  precision  one of high, medium, low, default high. `high` takes 8.3 ms,
             `medium` 4.5 ms, `low` 1.6 ms.

channels
  temperature  Cel -40 to 125, steps of 0.01, air temperature
  humidity     %RH 0 to 100, steps of 0.01, relative humidity

example
  buses:
    i2c-1: {kind: i2c, device: /dev/i2c-1}
  devices:
    part: {driver: sht4x, bus: i2c-1, address: 0x44}
"""
    )


def test_operations_are_told_with_their_parameters(capsys):
    out = said(capsys, "digital_output")
    assert re.search(r"\noperations\n  Toggle +make on what it is not, at most 10s\n", out)
    assert re.search(r"\n    for +s 0.01 to 3600, required, ", out)


def test_choices_and_defaults_of_parameters_are_told_and_what_may_be_done_again():
    speed = Parameter(name="speed", kind=ValueKind.TEXT, choices=("slow", "fast"), default="slow")
    page = page_of(registry.get("sht4x"))
    page["operations"] = page_of(with_operation(Operation(name="Go", parameters=(speed,), idempotent=True)))[
        "operations"
    ]
    lines = list(lines_of(page))
    assert lines[lines.index("\noperations") :][1:3] == [
        "  Go       at most 10s, done again after a crash",
        "    speed  slow or fast, default slow",
    ]


def with_operation(operation):
    class Able(registry.get("sht4x")):
        @classmethod
        def operations(cls, settings):
            del settings
            return (operation,)

    return Able


@every_driver
def test_no_line_is_too_long_but_those_that_are_to_be_copied(name):
    lines = list(lines_of(page_of(registry.get(name))))
    told = lines[: lines.index("\nexample")]
    assert [line for line in told if max(map(len, line.split("\n"))) > WIDTH] == []


@every_driver
def test_every_setting_and_channel_of_its_own_is_on_the_page(name):
    driver = registry.get(name)
    page = page_of(driver)
    assert {field.key for field in own_fields(driver)} <= {row["key"] for row in page["settings"]}
    assert page["channels"]
    assert all(row["about"] for row in page["settings"] if "." not in row["key"])


@every_driver
def test_its_example_is_four_lines_that_pass_the_check(name, tmp_path):
    text = example(registry.get(name))
    assert len(text.splitlines()) == 4
    file = tmp_path / "site.yaml"
    file.write_text(f"gateway: g\n{text}", encoding="utf-8")
    assert examine(file)[1] == []
    (device,) = load(file).devices
    assert (device.name, device.driver) == (NAME, name)


def test_programs_are_told_the_same_as_json(capsys):
    everything = json.loads(said(capsys, "--json"))["drivers"]
    one = json.loads(said(capsys, "bme280", "--json"))
    assert [page["driver"] for page in everything] == list(registry.names())
    assert one in everything
    assert one["settings"][0] | {"about": ""} == {
        "key": "address", "value": "whole number, 0x76 to 0x77", "unit": "", "default": "0x76", "required": False,
        "about": "",
    }  # fmt: skip
    assert one["channels"][0] | {"about": ""} == {
        "name": "temperature", "unit": "Cel", "kind": "number", "low": -40.0, "high": 85.0, "resolution": 0.01,
        "writable": False, "about": "",
    }  # fmt: skip


def test_a_name_that_no_driver_has_is_answered_with_the_nearest(capsys):
    assert main(["drivers", "sht40"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("edgetwin drivers: unknown driver 'sht40'; did you mean sht4x")
