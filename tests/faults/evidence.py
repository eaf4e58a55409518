"""What is found after a fault, gathered into one value: both databases, the notes, the last report and the logs."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from gateway.store.database import FILE_NAME
from tests.faults.notes import Told, read_notes
from tests.faults.plan import GATEWAY, Plan
from tests.faults.report import Report
from twin.store import FILE_NAME as TWIN_FILE_NAME

ROWS = """
SELECT numberings.epoch, numberings.lane, readings.seq, series.name, series.unit, readings.time, readings.value,
    coalesce(readings.quality, '')
FROM readings JOIN numberings ON numberings.id = readings.numbering JOIN series ON series.id = readings.series
"""
ORDERS = "SELECT id, status, finished, expires FROM executions WHERE request IS NOT NULL"


class Row(NamedTuple):
    """A reading in the twin."""

    epoch: str
    lane: str
    seq: int
    series: str
    unit: str
    time_s: float
    value: float | str
    quality: str


class Order(NamedTuple):
    """A command as the twin knows it."""

    id: str
    status: str
    finished_s: float | None
    expires_s: float


class Event(NamedTuple):
    """One entry of the gateway's event log."""

    kind: str
    data: dict[str, Any]


class Evidence(msgspec.Struct):
    """Everything that the checks look at."""

    told: Told
    rows: list[Row]
    orders: list[Order]
    report: Report | None
    statuses: list[int]
    """How the runs ended."""
    events: list[Event]
    commands: set[str]
    """Ids that the gateway remembers."""
    integrity: str
    set_aside: list[str]
    log: str


def gather(plan: Plan, statuses: Sequence[int], *, root: str = "") -> Evidence:
    """What `plan`, the last run on its ground, and those before it left; `root` is where its disk is seen from here."""
    memory = Path(plan.memory)
    store = Path(plan.store)
    if root:  # SQLite follows the link that `root` is to the wrong place, so it gets a copy.
        store = memory / "copy"
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(root + plan.store, store)
    twin = plan.twin / TWIN_FILE_NAME
    made = twin.exists() and bool(_select(twin, "SELECT 1 FROM sqlite_master WHERE name = 'executions'"))
    rows = [Row(*row) for row in _select(twin, ROWS)] if made else []
    orders = [Order(*row) for row in _select(twin, ORDERS)] if made else []
    logs = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(memory.glob("run-*.log"))]
    return Evidence(
        told=read_notes(plan.notes),
        rows=rows,
        orders=orders,
        report=msgspec.json.decode(plan.report.read_bytes(), type=Report) if plan.report.exists() else None,
        statuses=list(statuses),
        events=_events(store / FILE_NAME),
        commands=_commands(store / FILE_NAME),
        integrity=_integrity(store / FILE_NAME),
        set_aside=sorted(path.name for path in store.glob("*.bad")),
        log="".join(logs),
    )


def _select(path: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    connection.text_factory = lambda data: data.decode(errors="replace")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def _events(path: Path) -> list[Event]:
    try:
        return [Event(kind, msgspec.json.decode(data)) for kind, data in _select(path, "SELECT kind, data FROM event")]
    except (sqlite3.Error, ValueError):
        return []


def _commands(path: Path) -> set[str]:
    try:
        return {row[0] for row in _select(path, "SELECT id FROM command")}
    except (sqlite3.Error, ValueError):  # An error text of SQLite's may quote what is damaged, and not be UTF-8.
        return set()


def _integrity(path: Path) -> str:
    try:
        return "; ".join(row[0] for row in _select(path, "PRAGMA integrity_check"))
    except (sqlite3.Error, ValueError) as error:
        return str(error)


def store_of(epoch: str) -> str:
    """The store that an epoch belongs to."""
    return epoch.partition("-")[0]


def starts_of(epoch: str) -> int:
    """Which start of its store an epoch is."""
    return int(epoch.partition("-")[2])


__all__ = ["GATEWAY", "Event", "Evidence", "Order", "Row", "gather", "starts_of", "store_of"]
