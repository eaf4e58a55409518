"""The shadow service: requests from gateways and apps, and wishes from the twin's own socket."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from gateway.core.shadow import Accepted, Json, Refused, ShadowDocument, apply_delete, apply_update, look_up
from gateway.core.wire import shadow_topic
from twin import shadow_answers as answers
from twin.changes import SHADOWS, Changes
from twin.messages import Incoming, RefusedError
from twin.model import Gateway
from twin.topics import Kind

SHADOWS_MAX = 1000
"""Shadows of one gateway: one for each device, and some."""

NEVER = ShadowDocument()
"""What a shadow is before the first update."""


def serve(gateway: Gateway, message: Incoming, request: bytes, changes: Changes, prefixes: Sequence[str]) -> None:
    """Answer a request that came over MQTT: under its own prefix, and what it changes under every prefix.

    Raises:
        RefusedError: the gateway has too many shadows, or the broker had kept the request, and would hand it out on
            every connection.
    """
    if message.retained:
        raise RefusedError("a request to a shadow must not be retained")
    address, now_s = message.address, int(message.received_s)
    if address.kind is Kind.SHADOW_UPDATE:
        answer = update(gateway, address.item, request, now_s, changes, prefixes)
    elif address.kind is Kind.SHADOW_DELETE:
        answer = delete(gateway, address.item, request, now_s, changes, prefixes)
    else:
        document = gateway.shadows.get(address.item, NEVER)
        answer = look_up(document, request, _name(gateway, address.item))
        if not isinstance(answer, Refused):
            said = answers.accepted_get(document, answer, now_s)
            _tell(gateway, address.item, "get/accepted", said, changes, [address.prefix])
    if isinstance(answer, Refused):
        said = answers.rejected(answer, now_s)
        _tell(gateway, address.item, f"{address.kind}/rejected", said, changes, [address.prefix])


def update(
    gateway: Gateway, device: str, request: bytes, now_s: int, changes: Changes, prefixes: Sequence[str]
) -> Accepted | Refused:
    """Apply an update, whoever asks, and tell everybody that it was accepted, what changed and what still differs.

    Raises:
        RefusedError: the gateway has too many shadows.
    """
    if device not in gateway.shadows and len(gateway.shadows) >= SHADOWS_MAX:
        raise RefusedError(f"shadow {device!r} of {gateway.name!r} would be one more than {SHADOWS_MAX}")
    before = gateway.shadows.get(device, NEVER)
    after, answer = apply_update(before, request, now_s)
    if isinstance(answer, Refused):
        return answer
    _keep(gateway, device, after, changes)
    if answer.delta:
        _tell(gateway, device, "update/delta", answers.delta_message(after, answer, now_s), changes, prefixes)
    documents = answers.documents_message(before, after, answer.token, now_s)
    _tell(gateway, device, "update/documents", documents, changes, prefixes)
    # A wish that is taken back is in no delta: who listens under another prefix learns of it from this alone.
    _tell(gateway, device, "update/accepted", answers.accepted_update(after, answer, now_s), changes, prefixes)
    return answer


def delete(
    gateway: Gateway, device: str, request: bytes, now_s: int, changes: Changes, prefixes: Sequence[str]
) -> Accepted | Refused:
    """Delete a shadow, and tell everybody."""
    after, answer = apply_delete(gateway.shadows.get(device, NEVER), request, _name(gateway, device))
    if not isinstance(answer, Refused):
        _keep(gateway, device, after, changes)
        _tell(gateway, device, "delete/accepted", answers.accepted_delete(after, answer, now_s), changes, prefixes)
    return answer


def _name(gateway: Gateway, device: str) -> str:
    """What a shadow is called when it does not exist: the classic one by its thing."""
    return device or gateway.name


def _tell(gateway: Gateway, device: str, tail: str, message: Json, changes: Changes, prefixes: Sequence[str]) -> None:
    for prefix in prefixes:
        changes.publish(shadow_topic(prefix, gateway.name, device, tail), message)


def _keep(gateway: Gateway, device: str, document: ShadowDocument, changes: Changes) -> None:
    gateway.shadows[device] = document
    changes.touch(gateway)
    changes.put(SHADOWS, gateway.id, device, msgspec.json.encode(document))
