"""The document that gateway and twin keep about a device: the rules of the AWS device shadow.

`desired` is what somebody wants, `reported` is what is; `delta` is what of the first is not yet true. Every
accepted update raises the version by one, and a writer may name the version that its update is based on.

An empty object and an absent one are the same thing here, and only the absent one is ever kept.
"""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.core.shadow_request import (
    SECTIONS,
    ErrorCode,
    Json,
    Refused,
    UpdateRequest,
    decode_token,
    decode_update,
)

__all__ = [
    "Accepted",
    "ErrorCode",
    "Json",
    "Refused",
    "ShadowDocument",
    "apply_delete",
    "apply_update",
    "delta",
    "equal",
    "look_up",
    "merge",
    "stamp",
]

STATE_BYTES_MAX = 8192
"""Size of desired and reported together as compact JSON (the service's default); bounds what one device costs."""


class ShadowDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One shadow.

    The metadata have the shape of their section, with the time of the last change, in whole Unix seconds, in place of
    every leaf. `version` is 0 where there never was a shadow, and is kept when it is deleted: it only ever grows.
    """

    desired: Json = {}
    reported: Json = {}
    desired_metadata: Json = {}
    reported_metadata: Json = {}
    version: int = 0
    exists: bool = False


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was taken: what it said, section by section, and the difference that is left."""

    said: Json | None
    delta: Json
    token: str | None


def equal(one: object, other: object) -> bool:
    """Whether two JSON values are the same: numbers by value (`1` is `1.0`), but `true` is not `1`."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return one == other


def merge(target: Json, patch: Json) -> Json:
    """`target` as `patch` wants it: objects are merged key by key, `null` removes, everything else replaces.

    Neither argument is changed.
    """
    merged = dict(target)
    for key, value in patch.items():
        if isinstance(value, dict):
            below = merged.get(key)
            value = merge(below if isinstance(below, dict) else {}, value) or None  # noqa: PLW2901 - empty is absent
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = value
    return merged


def delta(desired: Json, reported: Json) -> Json:
    """What of `desired` is not so in `reported`. Keys that only `reported` has never appear."""
    differing: Json = {}
    for key, want in desired.items():
        have = reported.get(key)
        if isinstance(want, dict) and (have is None or isinstance(have, dict)):
            below = delta(want, have or {})
            if below:
                differing[key] = below
        elif key not in reported or not equal(want, have):
            differing[key] = want
    return differing


def stamp(value: object, now_s: int, *, removed: int | None = None) -> Any:
    """The metadata of a patch: `now_s` in place of every leaf, `removed` in place of every `null`."""
    if isinstance(value, dict):
        return {key: stamp(below, now_s, removed=removed) for key, below in value.items()}
    if isinstance(value, list):
        return [stamp(below, now_s, removed=removed) for below in value]
    return removed if value is None else now_s


def apply_update(document: ShadowDocument, request: bytes, now_s: int) -> tuple[ShadowDocument, Accepted | Refused]:
    """The document after the update `request` (JSON), and the answer to it.

    `now_s` is Unix time in whole seconds. A refused update leaves the document as it was. Nothing is raised,
    whatever `request` holds.
    """
    asked = decode_update(request)
    if isinstance(asked, Refused):
        return document, asked
    refused = _stale(document, asked)
    if refused is not None:
        return document, refused
    changed = _changed(document, asked.said, now_s)
    size = len(msgspec.json.encode(changed.desired)) + len(msgspec.json.encode(changed.reported))
    if size > STATE_BYTES_MAX:
        message = f"The payload exceeds the maximum size allowed: state of {size} bytes, at most {STATE_BYTES_MAX}"
        return document, Refused(code=ErrorCode.TOO_LARGE, message=message, token=asked.token)
    return changed, Accepted(said=asked.said, delta=delta(changed.desired, changed.reported), token=asked.token)


def apply_delete(document: ShadowDocument, request: bytes, name: str) -> tuple[ShadowDocument, Accepted | Refused]:
    """The document after it was deleted, when it keeps its version and nothing else, and the answer to the request."""
    found = look_up(document, request, name)
    if isinstance(found, Refused):
        return document, found
    return ShadowDocument(version=document.version), Accepted(said=None, delta={}, token=found.token)


def look_up(document: ShadowDocument, request: bytes, name: str) -> Accepted | Refused:
    """The answer to a request for the shadow `name`; its body is empty, or an object with a client token at most."""
    token = decode_token(request)
    if isinstance(token, Refused):
        return token
    if not document.exists:
        return Refused(code=ErrorCode.NOT_FOUND, message=f"No shadow exists with name: {name!r}", token=token)
    return Accepted(said=None, delta=delta(document.desired, document.reported), token=token)


def _stale(document: ShadowDocument, asked: UpdateRequest) -> Refused | None:
    """The refusal of an update that is based on another version than the current one."""
    if asked.version is None or asked.version == max(document.version, 1):
        return None
    if document.version == 0:
        message = "Invalid version: a shadow that does not exist yet can only become version 1"
        return Refused(code=ErrorCode.BAD_REQUEST, message=message, token=asked.token)
    message = f"Version conflict: the shadow is at version {document.version}"
    return Refused(code=ErrorCode.VERSION_CONFLICT, message=message, token=asked.token)


def _changed(document: ShadowDocument, said: Json | None, now_s: int) -> ShadowDocument:
    after: dict[str, Json] = {}
    for name in SECTIONS:
        patch = None if said is None else said.get(name, {})
        if isinstance(patch, dict):
            after[name] = merge(getattr(document, name), patch)
            after[f"{name}_metadata"] = merge(getattr(document, f"{name}_metadata"), stamp(patch, now_s))
        else:
            after[name] = after[f"{name}_metadata"] = {}
    return ShadowDocument(**after, version=document.version + 1, exists=True)
