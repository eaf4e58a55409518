"""Commands and what became of them."""

from __future__ import annotations

from gateway.core.wire import CommandRequest, CommandResponse, CommandStatus, command_topic, encode
from twin.changes import Changes
from twin.model import Gateway, Order

CREATED = "CREATED"
"""The state of a command that nobody has answered yet; the others are those of `CommandStatus`."""

LIFETIME_S = 300.0
"""How long an order is good that does not say it, as gateways take it by default."""

_ISSUE = "INSERT INTO executions (gateway, id, request, issued, expires, status) VALUES (?, ?, ?, ?, ?, ?)"

_RECORD = """
INSERT INTO executions (gateway, id, status, accepted, finished, reason, result) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (gateway, id) DO UPDATE SET status = excluded.status, accepted = coalesce(accepted, excluded.accepted),
    finished = excluded.finished, reason = excluded.reason, result = excluded.result
WHERE finished IS NULL
"""
"""An outcome is final: what comes after it, a repetition or a message that was overtaken, changes nothing."""


def issue(
    gateway: Gateway, execution: str, request: CommandRequest, changes: Changes, payload: bytes | None = None
) -> None:
    """Write the command down as `execution`, and send it once it is written; as `payload` where it is signed."""
    payload = payload or encode(request)
    expires_s = request.issued + LIFETIME_S if request.expires is None else request.expires
    changes.run(_ISSUE, gateway.id, execution, payload, request.issued, expires_s, CREATED)
    changes.publish(command_topic(gateway.prefix, gateway.name, execution, "request/json"), payload)
    gateway.orders[execution] = Order(payload, expires_s)


def repeat(gateway: Gateway, now_s: float, changes: Changes) -> None:
    """Send again what a gateway that has just come may not have heard; it acts on an id once only.

    What has expired is never sent again: it may no longer act, and no answer is needed for that.
    """
    gateway.orders = {execution: order for execution, order in gateway.orders.items() if order.expires_s > now_s}
    for execution, order in gateway.orders.items():
        changes.publish(command_topic(gateway.prefix, gateway.name, execution, "request/json"), order.payload)


def record(gateway: Gateway, execution: str, response: CommandResponse, now_s: float, changes: Changes) -> bool:
    """Write down what the gateway says of `execution`, and return whether that is final.

    Commands that the gateway made itself, out of a shadow's delta, are recorded like those of the twin.
    """
    final = response.status is not CommandStatus.IN_PROGRESS
    reason = None if response.status_reason is None else encode(response.status_reason)
    result = None if response.result is None else encode(response.result)
    time_s = now_s if response.time is None else response.time
    accepted, finished = (None, time_s) if final else (time_s, None)
    changes.run(_RECORD, gateway.id, execution, response.status.value, accepted, finished, reason, result)
    gateway.orders.pop(execution, None)
    return final
