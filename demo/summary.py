"""What the demo says in the end, for people and as JSON."""

from __future__ import annotations

import msgspec

from demo.numbers import Latency, Snapshot


class ReadingsSummary(msgspec.Struct, frozen=True):
    """Counts of readings; the last three are None where the story did not come to its account."""

    taken: int
    suppressed: int
    acknowledged: int
    waiting: int
    shed: int
    lost: int | None
    duplicated: int | None
    out_of_order: int | None


class Heater(msgspec.Struct, frozen=True):
    """The temperature of the room before the twin asked for more, and after."""

    before_cel: float | None
    after_cel: float | None


class Summary(msgspec.Struct, frozen=True):
    """The whole summary; its JSON is what `--json` prints."""

    readings: ReadingsSummary
    latency_ms: Latency
    command_ms: float | None
    heater: Heater
    disk_bytes: int
    daemon_rss_mb: float
    ok: bool


def lines(summary: Summary, now: Snapshot) -> list[str]:
    """The summary for people, with what the twin counts besides."""
    again = now.gateway.readings.duplicates if now.gateway else 0
    readings, latency, heater = summary.readings, summary.latency_ms, summary.heater
    counts = f"{readings.taken} taken, {readings.suppressed} suppressed (no news), {readings.shed} shed"
    arrived = f"{readings.acknowledged} acknowledged, {readings.waiting} waiting; {again} came again and were dropped"
    wrong = f"{_known(readings.lost)} lost, {_known(readings.duplicated)} duplicated"
    return [
        f"readings  {counts}",
        f"          {arrived}",
        f"          {wrong}, {_known(readings.out_of_order)} out of order",
        f"latency   sensor to twin: p50 {_known(latency.p50)} ms, p99 {_known(latency.p99)} ms",
        f"command   {_known(summary.command_ms)} ms from the wish to the reported state",
        f"room      {_known(heater.before_cel)} Cel before, {_known(heater.after_cel)} Cel after",
        f"daemon    {summary.disk_bytes} bytes written to disk, at most {summary.daemon_rss_mb:g} MB of memory",
    ]


def _known(measured: float | None) -> str:
    return "?" if measured is None else f"{measured:g}"
