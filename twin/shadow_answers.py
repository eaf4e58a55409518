"""What the shadow service says: the documents of its topics, as JSON values (AWS device shadow, MQTT topics)."""

from __future__ import annotations

from typing import Any

from gateway.core.shadow import Accepted, Json, Refused, ShadowDocument, stamp


def accepted_update(document: ShadowDocument, answer: Accepted, now_s: int) -> Json:
    """To `update/accepted`: what was asked for, and when."""
    said = answer.said or {}
    metadata = {
        name: outward(stamp(section, now_s, removed=now_s)) for name, section in said.items() if section is not None
    }
    return _signed({"state": answer.said, "metadata": metadata, "version": document.version}, now_s, answer.token)


def accepted_get(document: ShadowDocument, answer: Accepted, now_s: int) -> Json:
    """To `get/accepted`: the whole document and what of it differs; what is empty is left out."""
    state = _filled(desired=document.desired, reported=document.reported, delta=answer.delta)
    metadata = _filled(desired=outward(document.desired_metadata), reported=outward(document.reported_metadata))
    return _signed({"state": state, "metadata": metadata, "version": document.version}, now_s, answer.token)


def accepted_delete(document: ShadowDocument, answer: Accepted, now_s: int) -> Json:
    """To `delete/accepted`: the version that was deleted."""
    return _signed({"version": document.version}, now_s, answer.token)


def rejected(refused: Refused, now_s: int) -> Json:
    """To `…/rejected`."""
    return _signed({"code": int(refused.code), "message": refused.message}, now_s, refused.token)


def delta_message(document: ShadowDocument, answer: Accepted, now_s: int) -> Json:
    """To `update/delta`: all that differs, with the times at which it was desired."""
    metadata = outward(pick(answer.delta, document.desired_metadata))
    return _signed({"state": answer.delta, "metadata": metadata, "version": document.version}, now_s, answer.token)


def documents_message(before: ShadowDocument, after: ShadowDocument, token: str | None, now_s: int) -> Json:
    """To `update/documents`: the document before and after."""
    return _signed({"previous": _whole(before), "current": _whole(after)}, now_s, token)


def outward(stamps: Any) -> Any:
    """Metadata as the service shows them: `{"timestamp": t}` for every leaf."""
    if isinstance(stamps, dict):
        return {key: outward(below) for key, below in stamps.items()}
    if isinstance(stamps, list):
        return [outward(below) for below in stamps]
    return {"timestamp": stamps}


def pick(wanted: Json, stamps: Json) -> Json:
    """The part of `stamps` that belongs to `wanted`."""
    picked: Json = {}
    for key, value in wanted.items():
        below = stamps.get(key)
        picked[key] = pick(value, below) if isinstance(value, dict) and isinstance(below, dict) else below
    return picked


def _whole(document: ShadowDocument) -> Json:
    return {
        "state": _filled(desired=document.desired, reported=document.reported),
        "metadata": _filled(desired=outward(document.desired_metadata), reported=outward(document.reported_metadata)),
        "version": document.version,
    }


def _filled(**sections: Json) -> Json:
    return {name: section for name, section in sections.items() if section}


def _signed(message: Json, now_s: int, token: str | None) -> Json:
    message["timestamp"] = now_s
    if token is not None:
        message["clientToken"] = token
    return message
