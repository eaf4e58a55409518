"""Who may import what: the arrows of the architecture as a table."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from tests.house.source import Module, is_in

STANDARD = frozenset(sys.stdlib_module_names)
# What gives the same answer every time for the same arguments.
PURE = frozenset({
    "__future__", "abc", "array", "base64", "binascii", "bisect", "collections", "copy", "dataclasses", "datetime",
    "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "hmac", "ipaddress", "itertools", "json",
    "math", "numbers", "operator", "re", "statistics", "string", "struct", "types", "typing", "unicodedata",
    "zlib",
})  # fmt: skip
HALL = ("gateway.errors", "gateway.clock", "gateway.finishing", "gateway.health", "gateway.timekeeper")
HARDWARE = frozenset({"smbus2", "serial", "gpiozero", "lgpio", "spidev"})
WORDS = frozenset({"msgspec", "structlog", "tenacity"})
"""Libraries that are vocabulary, not a door to an outside world."""
SQL = frozenset({"sqlite3"})


@dataclass(frozen=True)
class Room:
    """One room, what of the house it may import, and what from outside."""

    name: str
    house: tuple[str, ...] = ()
    outside: frozenset[str] = STANDARD - SQL
    alone: bool = False
    """Only this very module, not what lies in it."""


# The first row whose name fits is the module's room.
ROOMS = (
    Room("gateway.core", ("gateway.core",), PURE | {"msgspec"}),
    *(Room(name, ("gateway.core", *HALL)) for name in HALL),
    Room(
        "gateway.config",
        ("gateway.config", "gateway.core", "gateway.errors", "drivers"),
        STANDARD - SQL | WORDS | {"yaml"},
    ),
    Room("gateway.store", ("gateway.store", "gateway.core", *HALL), STANDARD | WORDS | {"aiosqlite"}),
    Room(
        "gateway.devices",
        ("gateway.devices", "gateway.core", "gateway.store", *HALL, "drivers"),
        STANDARD - SQL | WORDS | {"astral"},
    ),
    Room(
        "gateway.cloud",
        ("gateway.cloud", "gateway.core", "gateway.store", *HALL),
        STANDARD - SQL | WORDS | {"aiomqtt", "paho", "cryptography"},
    ),
    Room(
        "gateway.app",
        (
            "gateway.app",
            "gateway.config",
            "gateway.core",
            "gateway.store",
            "gateway.devices",
            "gateway.cloud",
            *HALL,
            "drivers",
        ),
        STANDARD - SQL | WORDS,
    ),
    Room("gateway.cli", ("gateway", "drivers"), STANDARD - SQL | WORDS),
    Room("gateway.__main__", ("gateway.cli",)),
    Room("gateway", alone=True),
    Room("drivers", ("drivers",), STANDARD - SQL - {"asyncio"} | HARDWARE),
    Room(
        "twin",
        ("twin", "gateway.core"),
        STANDARD | WORDS | {"aiosqlite", "aiomqtt", "paho", "cryptography", "starlette", "uvicorn"},
    ),
    Room("demo", ("demo", "gateway", "drivers", "twin"), STANDARD | WORDS | {"rich", "amqtt"}),
)
# The room itself has a name and no content: whoever opens a door in it must not load the others.
EMPTY = ("gateway", "gateway.core", "gateway.store", "gateway.devices", "gateway.cloud", "drivers", "twin", "demo")


def room_of(module: str) -> Room | None:
    """The room that a module of the house belongs to; None where the table has none for it."""
    fits = (room for room in ROOMS if (module == room.name if room.alone else is_in(module, room.name)))
    return next(fits, None)


def wrong_arrows(module: Module) -> list[str]:
    """Every import of `module` that its room may not make, as a line that names the place."""
    room = room_of(module.name)
    if room is None:
        return [f"{module.path} belongs to no room of tests/house/rooms.py"]
    return [
        f"{module.path}:{entry.line} {room.name} must not import {entry.name}"
        for entry in module.imports
        if entry.name not in room.outside and not any(is_in(entry.name, place) for place in room.house)
    ]


@dataclass(frozen=True)
class Door:
    """The files that may import an outside library; where `single`, at most one file of each pattern."""

    patterns: tuple[str, ...]
    single: bool = True


DOORS = {
    "aiomqtt": Door(("gateway/cloud/library.py", "twin/*.py")),
    "paho": Door(("gateway/cloud/library.py", "twin/*.py")),
    "cryptography": Door(("gateway/cloud/signatures.py", "twin/signing.py")),
    "aiosqlite": Door(("gateway/store/database.py", "twin/store.py")),
    "astral": Door(("gateway/devices/sun.py",)),
    "yaml": Door(("gateway/config/*.py",)),
    "smbus2": Door(("drivers/bus/*.py", "drivers/simulated/*.py")),
    "serial": Door(("drivers/bus/*.py", "drivers/simulated/*.py")),
    "gpiozero": Door(("drivers/bus/*.py", "drivers/simulated/*.py"), single=False),
    "lgpio": Door(("drivers/bus/*.py", "drivers/simulated/*.py")),
    "spidev": Door(("drivers/bus/*.py", "drivers/simulated/*.py")),
    "starlette": Door(("twin/*.py",), single=False),
    "uvicorn": Door(("twin/*.py",)),
    "amqtt": Door(("demo/*.py",)),
    "rich": Door(("demo/*.py",), single=False),
}
