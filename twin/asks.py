"""What can be asked through the twin's socket: from a line of JSON to its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from gateway.core.decoding import in_words
from gateway.core.operation import SET
from gateway.core.reading import Value
from gateway.core.settings_types import Name, SeriesName
from gateway.core.shadow import Json, Refused
from gateway.core.signing import open_envelope
from gateway.core.wire import CommandRequest, Id, decode, encode
from twin import commands, history, shadows, views
from twin.changes import Changes
from twin.messages import RefusedError
from twin.model import Gateway, Model
from twin.signing import Sign
from twin.store import Store, StoreError
from twin.writer import Writer

EXPIRES_IN_S = 60.0
"""How long a command may wait where nobody says: a minute's patience of the person who gave it."""


Limit = Annotated[int, Meta(ge=1, le=history.ROWS_MAX)]


class Status(msgspec.Struct, frozen=True, tag_field="ask", tag="status"):
    """How all gateways are."""


class State(msgspec.Struct, frozen=True, tag_field="ask", tag="state"):
    """What a gateway's world looks like now."""

    gateway: Name


class Desire(msgspec.Struct, frozen=True, tag_field="ask", tag="desire"):
    """Merge `state` into what is desired of a device; without a name, in the gateway's classic shadow."""

    gateway: Annotated[str, Meta(pattern=r"^[A-Za-z0-9:_-]{1,128}\Z")]
    device: Annotated[str, Meta(pattern=r"^[$A-Za-z0-9:_-]{0,64}\Z")]
    state: dict[str, Any] | None


class Command(msgspec.Struct, frozen=True, tag_field="ask", tag="command"):
    """Give an order; it expires at `expires` (Unix time), or `expires_in_s` from now."""

    gateway: Name
    channel: str = ""
    value: Value | None = None
    device: str = ""
    parameters: dict[str, Value] = {}
    if_version: Annotated[int, Meta(ge=1)] | None = None
    expires_in_s: float = EXPIRES_IN_S
    expires: float | None = None
    priority: Annotated[int, Meta(ge=0, le=9)] = 5
    operation: str = "set"


class Send(msgspec.Struct, frozen=True, tag_field="ask", tag="send"):
    """Give an order that somebody has signed already, for this gateway and this id."""

    gateway: Name
    id: Id
    payload: Annotated[str, Meta(max_length=4096)]


class Execution(msgspec.Struct, frozen=True, tag_field="ask", tag="execution"):
    """What became of an order."""

    gateway: Name
    id: Id


class History(msgspec.Struct, frozen=True, tag_field="ask", tag="history"):
    """Readings of a series, from `since` (Unix time) on."""

    gateway: Name
    series: SeriesName
    since: float = 0.0
    limit: Limit = 1000


class Gaps(msgspec.Struct, frozen=True, tag_field="ask", tag="gaps"):
    """What a gateway says that it has shed, from `since` (Unix time) on."""

    gateway: Name
    since: float = 0.0
    limit: Limit = 1000


Request = Status | State | Desire | Command | Send | Execution | History | Gaps
_decoder = msgspec.json.Decoder(Request)


class Desk:
    """Answers requests: what changes something goes through the writer, what only looks sees what is committed."""

    def __init__(
        self,
        store: Store,
        writer: Writer,
        prefixes: Sequence[str],
        *,
        now_s: Callable[[], float],
        new_id: Callable[[], str],
        sign: Sign | None = None,
    ) -> None:
        self._store = store
        self._writer = writer
        self._prefixes = prefixes
        self._now_s = now_s
        self._new_id = new_id
        self._sign = sign

    async def answer(self, line: bytes) -> Json:
        """The answer to a request; `{"error": …}` where it cannot be had. Nothing is raised."""
        try:
            request = _decoder.decode(line)
            return await self._answer(request)
        except (RefusedError, StoreError, ValueError, RecursionError) as error:
            return {"error": in_words(error)}

    async def _answer(self, request: Request) -> Json:
        now_s = self._now_s()
        match request:
            case Status():
                return await self._ask(lambda model, _: lambda: views.status(model))
            case State(gateway=name):
                found = await self._ask(lambda model, _: _later(views.state, _known(model, name), now_s))
                return found | {"executions": await views.finished(self._store, name)}
            case Desire():
                return await self._ask(lambda model, changes: self._desire(request, model, changes, int(now_s)))
            case Command():
                return await self._ask(lambda model, changes: self._command(request, model, changes, now_s))
            case Send():
                return await self._ask(lambda model, changes: self._send(request, model, changes))
            case _:
                return await self._look(request)

    async def _look(self, request: Execution | History | Gaps) -> Json:
        name = request.gateway
        match request:
            case Execution(id=number):
                execution = await views.execution(self._store, name, number)
                return execution or {"error": f"no execution {number!r} of gateway {name!r} is known"}
            case History(series=series, since=since_s, limit=limit):
                return {"readings": await history.readings(self._store, name, series, since_s, limit)}
            case Gaps(since=since_s, limit=limit):
                return {"gaps": await history.told_gaps(self._store, name, since_s, limit)}

    async def _ask(self, wish: Callable[[Model, Changes], Callable[[], object]]) -> Json:
        answer = await self._writer.ask(wish)
        assert isinstance(answer, dict)  # noqa: S101 - every wish here ends in an object
        return answer

    def _desire(self, request: Desire, model: Model, changes: Changes, now_s: int) -> Callable[[], object]:
        gateway = _known(model, request.gateway)
        update = msgspec.json.encode({"state": {"desired": request.state}})
        answer = shadows.update(gateway, request.device, update, now_s, changes, self._prefixes)
        if isinstance(answer, Refused):
            return lambda: {"error": answer.message, "code": int(answer.code)}
        version = gateway.shadows[request.device].version
        return lambda: {"version": version, "delta": answer.delta}

    def _command(self, request: Command, model: Model, changes: Changes, now_s: float) -> Callable[[], object]:
        if request.operation == SET and request.value is None:
            raise RefusedError("a value for the channel is missing")
        gateway = _known(model, request.gateway)
        expires_s = now_s + request.expires_in_s if request.expires is None else request.expires
        order = CommandRequest(
            channel=request.channel,
            value=request.value,
            issued=now_s,
            expires=expires_s,
            priority=request.priority,
            operation=request.operation,
            device=request.device,
            parameters=request.parameters,
            if_version=request.if_version,
        )
        number = self._new_id()
        signed = None if self._sign is None else self._sign(gateway.name, number, encode(order))
        commands.issue(gateway, number, order, changes, signed)
        return lambda: {"id": number}

    def _send(self, request: Send, model: Model, changes: Changes) -> Callable[[], object]:
        gateway, payload = _known(model, request.gateway), request.payload.encode()
        order = decode(open_envelope(payload).order, CommandRequest)
        if request.id in gateway.orders:
            raise RefusedError(f"there is an execution {request.id!r} already")
        commands.issue(gateway, request.id, order, changes, payload)
        return lambda: {"id": request.id}


def _known(model: Model, name: str) -> Gateway:
    gateway = model.gateways.get(name)
    if gateway is None:
        known = ", ".join(sorted(model.gateways)[:20]) or "none"
        raise RefusedError(f"gateway {name!r} is not known; known are: {known}")
    return gateway


def _later(view: Callable[[Gateway, float], Json], gateway: Gateway, now_s: float) -> Callable[[], object]:
    return lambda: view(gateway, now_s)
