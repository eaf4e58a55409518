"""The rooms keep to themselves: imports go the way of the arrows, and each outside library has one door."""

from __future__ import annotations

import graphlib
from fnmatch import fnmatch

import pytest

from tests.house.rooms import DOORS, EMPTY, HARDWARE, STANDARD, WORDS, wrong_arrows
from tests.house.source import ROOMS, Module, When, modules, parse


@pytest.mark.parametrize("name", modules())
def test_imports_go_the_way_of_the_arrows(name):
    assert wrong_arrows(modules()[name]) == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("gateway.core.lane", "import asyncio"),
        ("gateway.core.lane", "def f():\n    from time import monotonic"),
        ("gateway.core.lane", "from gateway.store import outbox"),
        ("gateway.core.lane", "from gateway import store"),
        ("gateway.core.lane", "from ..store import outbox"),
        ("gateway.clock", "import gateway.cloud.link"),
        ("gateway.store.outbox", "from gateway.cloud.uplink import Uplink"),
        ("gateway.devices.sampler", "import aiomqtt"),
        ("gateway.cloud.uplink", "import drivers.base"),
        ("gateway.cloud.uplink", "import sqlite3"),
        ("gateway.cloud.uplink", "from gateway.app import run"),
        ("gateway.config.site", "from gateway.store.outbox import Outbox"),
        ("gateway.surprise", "import os"),
        ("drivers.sht4x", "import asyncio"),
        ("drivers.sht4x", "from gateway.core.reading import Lane"),
        ("drivers.sht4x", "import msgspec"),
        ("twin.engine", "from gateway.store.database import open_database"),
        ("twin.engine", "import drivers"),
    ],
)
def test_a_wrong_arrow_is_found(module, line):
    house = frozenset(modules()) | {"gateway.store", "gateway.store.outbox", "gateway.cloud.link"}
    assert wrong_arrows(parse(module, f"{module.replace('.', '/')}.py", line, house))


@pytest.mark.parametrize("library", DOORS)
def test_an_outside_library_comes_in_by_its_door_only(library):
    users = {module.path for module in modules().values() if library in {entry.name for entry in module.imports}}
    door = DOORS[library]
    by_pattern = [{user for user in users if fnmatch(user, pattern)} for pattern in door.patterns]
    assert users - set().union(*by_pattern) == set()
    if door.single:
        assert [sorted(found) for found in by_pattern if len(found) > 1] == []


def test_every_outside_library_has_a_row_in_the_table():
    known = STANDARD | WORDS | set(DOORS) | set(ROOMS)
    strange = {
        f"{module.path}:{entry.line} {entry.name}"
        for module in modules().values()
        for entry in module.imports
        if entry.name.partition(".")[0] not in known
    }
    assert strange == set()


def _with_hardware(found: dict[str, Module]) -> set[str]:
    """Every module that cannot be loaded without loading a hardware library."""
    loads = _loads(found)
    touched = {
        name
        for name, module in found.items()
        if any(entry.name in HARDWARE and entry.when is When.LOADED for entry in module.imports)
    }
    while more := {name for name, others in loads.items() if others & touched} - touched:
        touched |= more
    return touched


def test_hardware_libraries_are_loaded_on_first_use():
    bus_files = ("drivers.bus.", "drivers.simulated.")
    assert {name for name in _with_hardware(modules()) if not name.startswith(bus_files)} == set()


def test_a_hardware_library_that_is_loaded_early_is_found():
    house = frozenset({"gateway.cli", "drivers.bus.i2c", "drivers.bus.gpio"})
    texts = {
        "gateway.cli": "import drivers.bus.i2c",
        "drivers.bus.i2c": "import smbus2",
        "drivers.bus.gpio": "def f():\n    import lgpio",
    }
    found = {name: parse(name, name, text, house) for name, text in texts.items()}
    assert _with_hardware(found) == {"gateway.cli", "drivers.bus.i2c"}


@pytest.mark.parametrize("name", EMPTY)
def test_a_room_is_entered_by_its_modules_not_by_its_name(name):
    assert [entry.name for entry in modules()[name].imports if entry.name != "__future__"] == []


def _loads(found: dict[str, Module]) -> dict[str, set[str]]:
    """For every module the modules of the house that it loads while it is loaded itself."""
    return {
        name: {entry.name for entry in module.imports if entry.when is When.LOADED and entry.name in found} - {name}
        for name, module in found.items()
    }


def test_no_module_loads_itself_through_others():
    try:
        graphlib.TopologicalSorter(_loads(modules())).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_a_cycle_is_found():
    house = frozenset({"twin.a", "twin.b"})
    texts = {"twin.a": "from twin import b", "twin.b": "import twin.a"}
    found = {name: parse(name, name, text, house) for name, text in texts.items()}
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(_loads(found)).prepare()
    texts["twin.b"] = "def later():\n    import twin.a"
    found = {name: parse(name, name, text, house) for name, text in texts.items()}
    graphlib.TopologicalSorter(_loads(found)).prepare()


def _reached(found: dict[str, Module], entries: set[str]) -> set[str]:
    """Every module that the entries need, at any time and also by name, with the packages around it."""
    reached: set[str] = set()
    waiting = list(entries)
    while waiting:
        name = waiting.pop()
        if name in reached or name not in found:
            continue
        reached.add(name)
        module = found[name]
        waiting += [entry.name for entry in module.imports if entry.when is not When.NEVER]
        waiting += [*module.references, name.rpartition(".")[0]]
    return reached


def test_every_module_is_needed_by_a_program():
    entries = {"gateway.cli"} | {name for name in modules() if name.endswith(".__main__")}
    assert sorted(set(modules()) - _reached(modules(), entries)) == []


def test_a_dead_module_is_found():
    house = frozenset({"twin", "twin.__main__", "twin.used", "twin.named", "twin.dead"})
    texts = {"twin.__main__": "def f():\n    import twin.used\nNAME = 'twin.named:Thing'\n"}
    found = {name: parse(name, name, texts.get(name, ""), house) for name in house}
    assert house - _reached(found, {"twin.__main__"}) == {"twin.dead"}
