"""The template of `docs/drivers.md` is a driver: its own tests pass, and a configuration can use it."""

from __future__ import annotations

import importlib
import inspect
import tomllib
from pathlib import Path

import pytest

from drivers import registry
from gateway.clock import SystemClock
from gateway.config import check, load
from gateway.devices.site import build
from tests.drivers.plug_in_packages import install

__all__ = ["install"]

FOLDER = Path(__file__).parents[2] / "docs" / "driver-template"
SITE = """
gateway: g
buses: {i2c-1: {kind: i2c, simulated: true}}
devices: {cellar: {driver: tc74, bus: i2c-1}}
"""


@pytest.fixture
def template(install, monkeypatch):
    """The template, installed as its own pyproject says."""
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    project = tomllib.loads((FOLDER / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = {group.removeprefix("edgetwin."): entries for group, entries in project["entry-points"].items()}
    install("edgetwin-template", "", **points)


@pytest.mark.usefixtures("template")
def test_its_own_tests_pass():
    tests = importlib.import_module("test_edgetwin_tc74")
    found = [one for name, one in inspect.getmembers(tests, inspect.isfunction) if name.startswith("test_")]
    assert len(found) > 3
    for one in found:
        marks = [mark for mark in getattr(one, "pytestmark", []) if mark.name == "parametrize"]
        cases = marks[0].args[1] if marks else [()]
        for case in cases:
            one(*(case if isinstance(case, tuple) else (case,)))


@pytest.mark.usefixtures("template")
async def test_a_site_uses_it_on_a_simulated_bus(tmp_path):
    file = tmp_path / "site.yaml"
    file.write_text(SITE, encoding="utf-8")
    assert [str(problem) for problem in check(file)] == []
    hardware = build(load(file), SystemClock())
    try:
        (reading,) = await hardware.devices["cellar"].read()
    finally:
        hardware.threads["i2c-1"].close()
    assert reading.series == "cellar/temperature"
    assert -40 <= reading.value <= 125


@pytest.mark.usefixtures("template")
def test_a_mistake_in_its_settings_is_told_with_what_is_allowed(tmp_path):
    file = tmp_path / "site.yaml"
    file.write_text(SITE.replace("bus: i2c-1}}", "bus: i2c-1, address: 0x70}}"), encoding="utf-8")
    assert "devices.cellar.address: found 0x70, allowed 0x48 to 0x4f" in str(check(file)[0])


@pytest.mark.usefixtures("template")
def test_it_is_foreign_and_a_driver_all_the_same():
    assert "tc74" in registry.foreign()
    assert registry.get("tc74").__doc__
