"""What every driver owes to those who use it and to those who read about it."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import subprocess
import sys
import typing
from itertools import pairwise
from pathlib import Path

import pytest

from drivers import registry
from drivers.base import Driver, Limits, ValueKind
from drivers.simulated.world_settings import WorldSettings
from drivers.units import UNITS

ROOT = Path(__file__).parents[2]
NEEDED = {
    "digital_input": {"pin": 17},
    "digital_output": {"pin": 22},
    "pulse_counter": {"pin": 17},
    "pwm_output": {"pin": 18},
    "servo": {"pin": 18},
    "register_map": {"map": "dds238"},
    "i2c_registers": {"address": 0x48},
}
"""Settings that have no default."""

EVERY = registry.names()


def settings_of(name: str):
    return registry.get(name).settings_type(**NEEDED.get(name, {}))


def nested(settings_type: type) -> list[type]:
    """The settings type and those of its fields, the values of mappings included."""
    found = [settings_type]
    for hint in typing.get_type_hints(settings_type).values():
        for one in (hint, *typing.get_args(hint)):
            if dataclasses.is_dataclass(one):
                found += nested(one)
    return found


SETTINGS = sorted(
    {one for name in EVERY for one in nested(registry.get(name).settings_type)} | {WorldSettings}, key=repr
)


def test_an_unknown_driver_comes_with_the_nearest_names():
    with pytest.raises(KeyError, match=r"unknown driver 'sht45'; did you mean sht4x"):
        registry.get("sht45")
    with pytest.raises(registry.UnknownDriverError, match=f"drivers are {', '.join(EVERY[:3])}"):
        registry.get("warp_core")
    assert str(registry.UnknownDriverError("plain")) == "plain"


def test_a_driver_is_loaded_when_it_is_first_asked_for():
    loaded = run_python("import sys; from drivers import registry; registry.names(); print(*sys.modules)").split()
    assert "importlib.metadata" not in loaded
    assert sorted(name for name in loaded if name.startswith("drivers.")) == [
        "drivers.base",
        "drivers.part_names",
        "drivers.plug_ins",
        "drivers.registry",
    ]


def test_no_driver_loads_a_hardware_library():
    code = f"import sys; from drivers import registry; [registry.get(name) for name in {EVERY!r}]; print(*sys.modules)"
    assert {"smbus2", "serial", "gpiozero", "lgpio", "spidev"} & set(run_python(code).split()) == set()


def run_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


@pytest.mark.parametrize("name", EVERY)
def test_a_driver_says_what_it_is(name):
    driver = registry.get(name)
    assert issubclass(driver, Driver)
    assert driver.name == name
    assert driver.title
    assert driver.__doc__
    assert not inspect.isabstract(driver)
    source = sys.modules[driver.__module__].__doc__ or ""
    assert "Source:" in source or driver.bus_kind == "gpio"


@pytest.mark.parametrize("name", EVERY)
def test_channels_are_named_once_and_in_legal_units(name):
    channels = registry.get(name).channels(settings_of(name))
    names = [channel.name for channel in channels]
    assert names
    assert len(set(names)) == len(names)
    for channel in channels:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", channel.name)
        assert channel.about
        if channel.kind is ValueKind.NUMBER:
            assert channel.unit in UNITS
            assert channel.low < channel.high
            assert channel.resolution > 0
        else:
            assert channel.unit == ""


@pytest.mark.parametrize("settings_type", SETTINGS, ids=lambda one: one.__name__)
def test_settings_are_frozen_by_keyword_and_slotted(settings_type):
    assert settings_type.__dataclass_params__.frozen
    assert all(field.kw_only for field in dataclasses.fields(settings_type))
    assert "__slots__" in vars(settings_type)


@pytest.mark.parametrize("settings_type", SETTINGS, ids=lambda one: one.__name__)
def test_every_setting_has_a_sentence_under_it(settings_type):
    tree = ast.parse(inspect.getsource(sys.modules[settings_type.__module__]))
    body = next(
        node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == settings_type.__name__
    )
    documented = set()
    for field, after in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            assert str(after.value.value).strip().endswith("."), field.target
            documented.add(ast.unparse(field.target))
    assert documented == {field.name for field in dataclasses.fields(settings_type)}


@pytest.mark.parametrize("settings_type", SETTINGS, ids=lambda one: one.__name__)
def test_defaults_are_within_their_limits(settings_type):
    hints = typing.get_type_hints(settings_type, include_extras=True)
    for field in dataclasses.fields(settings_type):
        for note in getattr(hints[field.name], "__metadata__", ()):
            assert isinstance(note, Limits)
            if field.default is not dataclasses.MISSING:
                assert note.low <= field.default <= note.high, field.name


def table() -> dict[str, list[str]]:
    """The rows of the table of drivers in the README, by their first cell."""
    text = (ROOT / "drivers" / "README.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")
    ]
    return {row[0].strip("`"): row[1:] for row in rows}


def key_of(field: dataclasses.Field) -> str:
    return field.name.removesuffix("_s").removesuffix("_bytes")


@pytest.mark.parametrize("name", EVERY)
def test_the_readme_has_the_driver_as_it_is(name):
    driver = registry.get(name)
    channels = [
        f"`{one.name}` ({one.unit or one.kind}{', writable' if one.writable else ''})"
        for one in driver.channels(settings_of(name))
    ]
    settings = [f"`{key_of(field)}`" for field in dataclasses.fields(driver.settings_type)]
    assert table()[name] == [driver.title, driver.bus_kind, ", ".join(channels), ", ".join(settings)]


def test_the_readme_has_no_driver_that_there_is_not():
    assert list(table()) == list(EVERY)
