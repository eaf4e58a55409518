"""Whose turn it is among the commands that wait, and who gives way to whom."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from gateway.core.command import Execution, ReasonCode, Source
from gateway.core.operation import SET
from gateway.core.wire_commands import CommandStatus


def next_of(
    waiting: Iterable[Execution], busy: Collection[str], wanted: Callable[[Execution], bool]
) -> Execution | None:
    """The most urgent one that is `wanted`, of a device that is not busy and for which nothing more urgent waits.

    The order of each device is priority, then time of issue. What has ended and only has to be recorded waits for none.
    """
    first: dict[str, Execution] = {}
    for one in waiting:
        place = one.id if one.final else one.device
        if place in busy:
            continue
        if place not in first or one.urgency < first[place].urgency:
            first[place] = one
    return min((one for one in first.values() if wanted(one)), key=lambda one: one.urgency, default=None)


def is_set(execution: Execution) -> bool:
    """Whether it gives a channel a value, or is an outcome of that."""
    return execution.operation == SET


def older(one: Execution, other: Execution) -> bool:
    """Whether `one`, which is here already, is the older order: by time of issue where one clock gave both."""
    if one.source is Source.TWIN and other.source is Source.TWIN:
        return one.issued_s <= other.issued_s
    return True


def superseded_by(execution: Execution, waiting: Iterable[Execution], now_s: float) -> list[Execution]:
    """What waits to set the same channel and is older, ended for that."""
    if not is_set(execution) or execution.final:
        return []
    reason = f"{execution.id} came after it and sets {execution.channel} too"
    return [
        one.failed(
            CommandStatus.FAILED if one.started else CommandStatus.REJECTED, ReasonCode.SUPERSEDED, reason, now_s
        )
        for one in waiting
        if is_set(one) and not one.final and one.channel == execution.channel and older(one, execution)
    ]
