"""Commands as rows of the database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import structlog

from gateway.core.command import Execution, ReasonCode, Source
from gateway.core.reading import Value
from gateway.core.wire import CommandStatus
from gateway.store.database import Statement

COLUMNS = (
    "id, channel, value, priority, issued_s, expires_s, source, status, reason_code, reason, result, started, "
    "changed_s, operation, parameters, idempotent, if_version, reply_topic, correlation, signer, boot_id, deadline_ns"
)
INSERT = (
    f"INSERT INTO command ({COLUMNS}, told) "  # noqa: S608 - a constant of ours
    f"VALUES ({', '.join('?' * (COLUMNS.count(',') + 2))})"
)
UPDATE = (
    "UPDATE command SET status = ?, reason_code = ?, reason = ?, result = ?, started = ?, changed_s = ? "
    "WHERE id = ? AND status = 'IN_PROGRESS'"
)
"""What has ended has ended: whoever comes later with something else finds nothing to change."""
NEWEST = (
    "SELECT channel, max(issued_s) FROM command WHERE source = 'twin' AND operation = 'set' "
    "AND status IN ('IN_PROGRESS', 'SUCCEEDED') GROUP BY channel"
)
"""When the newest order of the twin to set each channel was issued."""

log = structlog.get_logger("commands")


def insertion(execution: Execution) -> Statement:
    """What stores a new command."""
    row = (
        execution.id,
        execution.channel,
        _json(execution.value),
        execution.priority,
        execution.issued_s,
        execution.expires_s,
        execution.source.value,
        execution.status.value,
        execution.reason_code.value,
        execution.reason,
        _json(execution.result),
        int(execution.started),
        execution.changed_s,
        execution.operation,
        _json(execution.parameters),
        int(execution.idempotent),
        execution.if_version,
        execution.reply_topic,
        execution.correlation,
        execution.signer,
        execution.boot_id,
        execution.deadline_ns,
        int(execution.source is not Source.TWIN),  # What nobody outside asked for has nobody to be told.
    )
    return INSERT, [row]


def change(execution: Execution) -> Statement:
    """What stores what became of a command."""
    row = (
        execution.status.value,
        execution.reason_code.value,
        execution.reason,
        _json(execution.result),
        int(execution.started),
        execution.changed_s,
        execution.id,
    )
    return UPDATE, [row]


def executions(rows: Iterable[tuple[Any, ...]]) -> list[Execution]:
    """What the rows say; one that is damaged does not act and is not told, and does not keep others from it."""
    found = []
    for row in rows:
        try:
            found.append(_execution(*row))
        except (ValueError, TypeError) as error:
            log.error("command cannot be read", id=str(row[0])[:80], reason=str(error))
    return found


def _execution(identifier: str, channel: str, value: str, *rest: Any) -> Execution:
    priority, issued_s, expires_s, source, status, code, reason, result, started, changed_s, *more = rest
    operation, parameters, idempotent, if_version, reply_topic, correlation, signer, boot_id, deadline_ns = more
    return Execution(
        id=identifier,
        channel=channel,
        value=_value(value),
        priority=priority,
        issued_s=issued_s,
        expires_s=expires_s,
        source=Source(source),
        status=CommandStatus(status),
        reason_code=ReasonCode(code),
        reason=reason,
        result=_value(result) if result and result != "null" else None,
        started=bool(started),
        changed_s=changed_s,
        operation=operation,
        parameters=msgspec.json.decode(parameters, type=dict[str, Value]) if parameters else {},
        idempotent=bool(idempotent),
        if_version=if_version,
        reply_topic=reply_topic,
        correlation=bytes(correlation),
        signer=signer,
        boot_id=boot_id,
        deadline_ns=deadline_ns,
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _value(text: str) -> Value:
    value: Value = msgspec.json.decode(text, type=Value)
    return value
