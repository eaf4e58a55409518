"""What a run says of itself when it has delivered everything."""

from __future__ import annotations

import msgspec


class Report(msgspec.Struct):
    """What a run says of itself when it has delivered everything."""

    tallies: dict[str, dict[str, int]]
    waiting: int
    duplicates: int
    rss_grown_bytes: int
    files_more: int
    tasks_more: list[str]
    """The names of tasks that there were not before."""
    failure: str
    complaints: dict[str, int]
    small: int = 0
    """Batches that rested on a dictionary."""
