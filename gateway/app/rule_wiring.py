"""How local rules are tied to the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway.app.arbiter import Arbiter
from gateway.app.hand import Doers
from gateway.core.command import Execution
from gateway.core.reading import Value
from gateway.core.settings import Site
from gateway.devices.board import Board
from gateway.devices.rules import Rules
from gateway.timekeeper import Timekeeper

Finished = Callable[[Execution], None]
"""Hears of a command that has ended."""


def local_rules(
    site: Site, held: Mapping[str, Value], arbiter: Arbiter, board: Board, doers: Doers, timekeeper: Timekeeper
) -> Rules:
    """The rules of a site, which hear of every command that has ended, beside who heard of them before."""
    records = arbiter.records
    rules = Rules(site, held, board, records.admission, records.events, records.database, timekeeper)
    arbiter.rule_since = rules.marks.older
    for one in doers:
        one.finished = both(one.finished, rules.finished)
    return rules


def both(first: Finished, second: Finished) -> Finished:
    """Both of them hear of it, in this order."""

    def finished(execution: Execution) -> None:
        first(execution)
        second(execution)

    return finished
