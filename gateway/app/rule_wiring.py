"""How local rules are tied to the rest."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.app.arbiter import Arbiter
from gateway.core.command import Execution
from gateway.core.reading import Value
from gateway.core.settings import Site
from gateway.devices.actuator import Actuator
from gateway.devices.board import Board
from gateway.devices.rules import Rules
from gateway.timekeeper import Timekeeper


def local_rules(
    site: Site, held: Mapping[str, Value], arbiter: Arbiter, board: Board, actuator: Actuator, timekeeper: Timekeeper
) -> Rules:
    """The rules of a site, which hear of every command that has ended, beside who heard of them before."""
    records = arbiter.records
    rules = Rules(site, held, board, records.admission, records.events, records.database, timekeeper)
    arbiter.rule_since = rules.marks.older
    others = actuator.finished

    def finished(execution: Execution) -> None:
        others(execution)
        rules.finished(execution)

    actuator.finished = finished
    return rules
