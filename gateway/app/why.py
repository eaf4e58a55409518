"""Answers why an actuator is as it is: what the log tells, and what stands at this moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from gateway.app.rooms import Rooms
from gateway.clock import NS_PER_S
from gateway.core.explain import explain
from gateway.core.override import left_s
from gateway.errors import StoreError
from gateway.store.database import Database
from gateway.store.past import past_of

Answer = Callable[[bytes, str], Awaitable[dict[str, Any] | None]]


class Why(msgspec.Struct, frozen=True, tag_field="ask", tag="why"):
    """Why is it as it is?"""

    channel: str


def answers(rooms: Rooms, database: Database) -> Answer:
    """What answers `{"ask": "why"}`, and every other question as the desk does."""
    decoder = msgspec.json.Decoder(Why)

    async def answer(line: bytes, by: str) -> dict[str, Any] | None:
        try:
            asked = decoder.decode(line)
        except (msgspec.ValidationError, msgspec.DecodeError, RecursionError):
            return await rooms.hand.desk.answer(line, by)
        if asked.channel not in rooms.hand.sight.policies:
            known = ", ".join(sorted(rooms.hand.sight.policies)) or "none"
            return {"error": f"{asked.channel!r} cannot be driven; what can be: {known}"}
        try:
            lasting = asked.channel.partition("/")[0] in rooms.thermostats
            past = await past_of(database, asked.channel)
            told = explain(asked.channel, past, lasting=lasting, under_way=rooms.operator.driving(asked.channel))
        except StoreError as error:
            told = {"channel": asked.channel, "cause": None, "since": None, "withheld": [], "log": str(error)}
        return {**told, "now": present(rooms, asked.channel)}

    return answer


def present(rooms: Rooms, channel: str) -> dict[str, Any]:
    """What stands at this moment: the value, who holds it by hand, what rules want, what safety says."""
    now_ns, reading = rooms.clock.boottime_ns(), rooms.board.latest.get(channel)
    override = rooms.hand.overrides.active.get(channel)
    held = rooms.actuator.held.by_channel.get(channel)
    demand = rooms.guardian.demanded(channel)
    return {
        "value": rooms.hand.sight.current(channel),
        "age_s": None if reading is None else round((now_ns - reading.boottime_ns) / NS_PER_S, 1),
        "override": None
        if override is None
        else {"value": override.value, "by": override.by, "left_s": round(left_s(override, rooms.hand.sight.now()))},
        "rules": rooms.rules.book.wishes.told().get(channel, []),
        "asked": rooms.rules.asked(channel),
        "held": None if held is None else {"value": held.execution.value, "reason": held.verdict.reason},
        "safety": None if demand is None else {"value": demand.value, "reason": demand.reason},
    }
