"""What each library and room costs a process that does nothing but load it: they are loaded one after the other.

A part is charged only with what the parts before it have not loaded. Run in a process of its own; says it as JSON.
"""

from __future__ import annotations

import importlib
import sys

PARTS = {
    "the standard library's ssl": ["ssl"],
    "asyncio": ["asyncio"],
    "msgspec": ["msgspec"],
    "structlog": ["structlog", "gateway.cli.logs"],
    "SQLite and aiosqlite": ["aiosqlite"],
    "tenacity": ["tenacity"],
    "aiomqtt and paho": ["gateway.cloud.library"],
    "the gateway's rooms": ["gateway.cli.run", "gateway.app.run"],
    "drivers and the simulated world": [
        *(f"drivers.{name}" for name in ("ads1115", "digital_input", "digital_output", "pms5003", "sht4x")),
        "drivers.bus",
        "drivers.simulated.hardware",
    ],
    "gpiozero": ["drivers.simulated.gpio"],
}
"""By name, in the order in which they are loaded."""


Part = tuple[str, int, int]
"""A name, and what it adds to RSS and USS, in bytes. No class: its module would have to be loaded first."""


def weigh() -> list[Part]:
    """Load every part, and see what each adds. The first is the interpreter."""
    before = _memory()
    parts = [("the interpreter", *before)]
    for name, modules in PARTS.items():
        for module in modules:
            importlib.import_module(module)
        now = _memory()
        parts.append((name, now[0] - before[0], now[1] - before[1]))
        before = now
    return parts


def _memory() -> tuple[int, int]:
    """As `counters.memory`, which would load more than is to be weighed."""
    with open("/proc/self/smaps_rollup", encoding="ascii") as file:  # noqa: PTH123 - pathlib is one of the parts
        rollup = file.read()
    kb = {words[0]: int(words[1]) for line in rollup.splitlines()[1:] if (words := line.split())}
    return kb["Rss:"] * 1024, (kb["Private_Clean:"] + kb["Private_Dirty:"]) * 1024


if __name__ == "__main__":
    weighed = weigh()
    sys.stdout.buffer.write(importlib.import_module("msgspec.json").encode(weighed))
