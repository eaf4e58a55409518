"""A device of a driver of another package is read like any other, and a broken package is told at its device."""

from __future__ import annotations

import pytest

from gateway.cli import main
from gateway.config.fake import with_fake_hardware
from gateway.errors import ConfigError
from tests.config.samples import ROOM, changed, problems_of, read
from tests.drivers.plug_in_packages import GOOD, install

__all__ = ["install"]

TANK = changed((ROOM, "room: {driver: good, bus: i2c-1, address: 33}"))


def test_a_device_of_another_package_is_read_with_its_settings(install):
    install()
    site, problems = read(TANK)
    assert problems == []
    (device,) = (one for one in site.devices if one.name == "room")
    assert device.settings.address == 33


@pytest.mark.parametrize(("code", "reason"), [
    ("1 / 0", "driver 'good' of vendor 1.2 cannot be loaded from vendor:Good: ZeroDivisionError"),
    (GOOD.replace("address: int", "address: set"), "driver 'good': its settings: TypeError"),
    (GOOD.replace('(Channel(name="temperature", unit="Cel"),)', "1 / 0"), "driver 'good' cannot tell its channels"),
    (GOOD + "    @classmethod\n    def operations(cls, settings):\n        1 / 0\n",
     "driver 'good' cannot tell its channels or operations: ZeroDivisionError"),
    (GOOD.replace('unit="Cel"', 'unit="Cel", high=float("inf")'), "the range of 'temperature' would be None to inf"),
    (GOOD.replace('name="temperature"', 'name="a b"'), "found 'a b', allowed a channel"),
])  # fmt: skip
def test_a_broken_package_is_told_at_the_device_that_needs_it_and_nothing_else_is(install, code, reason):
    install(code=code)
    problems = [one for one in problems_of(TANK) if "thermostats" not in one]
    assert len(problems) == 1
    assert "devices.room" in problems[0]
    assert reason in problems[0]


def test_a_broken_package_that_no_device_needs_is_no_problem(install):
    install(code="1 / 0")
    assert problems_of(changed()) == []


def test_a_driver_without_a_model_cannot_be_on_a_simulated_bus(install):
    install()
    text = TANK.replace("i2c-1: {kind: i2c}", "i2c-1: {kind: i2c, simulated: true}")
    assert [one for one in problems_of(text) if "no model" in one] == [
        "site.yaml:7:29: devices.room.bus: 'i2c-1' is simulated, and good has no model; use a real bus"
    ]


def test_a_driver_without_a_model_cannot_be_tried_on_hardware_that_is_not_there(install):
    install()
    site, _ = read(TANK)
    with pytest.raises(ConfigError, match=r"devices\.room: good has no model"):
        with_fake_hardware(site)


def test_the_list_of_drivers_has_those_of_other_packages_with_what_is_wrong_with_them(install, capsys):
    install()
    install("bad-parts", "1 / 0", drivers={"bad": "bad_parts:Bad"})
    assert main(["drivers"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "good i2c A part of another package (vendor 1.2)" in shown
    assert "bad broken driver 'bad' of bad-parts 1.2 cannot be loaded from bad_parts:Bad" in shown
    assert main(["drivers", "bad"]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
