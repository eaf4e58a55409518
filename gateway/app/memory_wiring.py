"""What parts remember, and what they are told by operations."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.app.rule_wiring import both
from gateway.core.reading import Value
from gateway.devices.memory import Memory
from gateway.devices.operator import Operator
from gateway.devices.site import Hardware
from gateway.store.database import Database


def memory_of(hardware: Hardware, held: Mapping[str, Value] | None, database: Database, operator: Operator) -> Memory:
    """The memory of the parts of a site, which hears of every operation that has ended, as who heard of them before."""
    memory = Memory(hardware.remembering, held, database)
    operator.finished = both(operator.finished, memory.finished)
    return memory
