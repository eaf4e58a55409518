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
"""Shadows of one gateway: one for each device with a writable channel, and some."""

NEVER = ShadowDocument()
"""What a shadow is before the first update."""


def serve(gateway: Gateway, message: Incoming, request: bytes, changes: Changes, prefixes: Sequence[str]) -> None:
    """Answer a request that came over MQTT: under its own prefix, and what it changes under every prefix.

    Raises:
        RefusedError: the gateway has too many shadows.
    """
    address, now_s = message.address, int(message.received_s)
    before = gateway.shadows.get(address.item, NEVER)
    answer: Accepted | Refused
    if address.kind is Kind.SHADOW_GET:
        answer = look_up(before, request, address.item)
        said = None if isinstance(answer, Refused) else answers.accepted_get(before, answer, now_s)
    elif address.kind is Kind.SHADOW_DELETE:
        after, answer = apply_delete(before, request, address.item)
        said = None if isinstance(answer, Refused) else answers.accepted_delete(after, answer, now_s)
        if said is not None:
            _keep(gateway, address.item, after, changes)
    else:
        answer = update(gateway, address.item, request, now_s, changes, prefixes)
        after = gateway.shadows.get(address.item, NEVER)
        said = None if isinstance(answer, Refused) else answers.accepted_update(after, answer, now_s)
    if isinstance(answer, Refused):
        said = answers.rejected(answer, now_s)
    verdict = "rejected" if isinstance(answer, Refused) else "accepted"
    changes.publish(shadow_topic(address.prefix, gateway.name, address.item, f"{address.kind}/{verdict}"), said)


def update(
    gateway: Gateway, device: str, request: bytes, now_s: int, changes: Changes, prefixes: Sequence[str]
) -> Accepted | Refused:
    """Apply an update, whoever asks, and tell everybody what changed and what still differs.

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
    told: list[tuple[str, Json]] = [("update/documents", answers.documents_message(before, after, answer.token, now_s))]
    if answer.delta:
        told.insert(0, ("update/delta", answers.delta_message(after, answer, now_s)))
    for tail, message in told:
        for prefix in prefixes:
            changes.publish(shadow_topic(prefix, gateway.name, device, tail), message)
    return answer


def _keep(gateway: Gateway, device: str, document: ShadowDocument, changes: Changes) -> None:
    gateway.shadows[device] = document
    changes.touch(gateway)
    changes.put(SHADOWS, gateway.id, device, msgspec.json.encode(document))
