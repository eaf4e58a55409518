"""Requests of the AWS device shadow: from bytes to what they ask for, or to a refusal.

What is let through here is bounded in size and depth, holds no `null` inside an array and no key twice, so that
whatever comes after need not look again.
"""

from __future__ import annotations

import enum
import json
from typing import NoReturn

import msgspec

Json = dict[str, object]
"""A JSON object, of what `json` makes of text: dict, list, str, int, float, bool and None."""

SECTIONS = ("desired", "reported")
"""The parts of a state that a request may name."""

DEPTH_MAX = 6
"""Levels below desired or reported, objects and arrays alike (the service's limit); bounds every recursion."""

TOKEN_BYTES_MAX = 64
"""Size of a client token in UTF-8 (the service's limit); it is sent back with every answer."""

REQUEST_BYTES_MAX = 131_072
"""Size of a request (the service's limit on an MQTT payload)."""


class ErrorCode(enum.IntEnum):
    """Why a request is refused, by the codes of the service."""

    BAD_REQUEST = 400
    NOT_FOUND = 404
    VERSION_CONFLICT = 409
    TOO_LARGE = 413
    UNSUPPORTED_ENCODING = 415


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A request that changed nothing, and why, in the words of the service."""

    code: ErrorCode
    message: str
    token: str | None = None


class UpdateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What an update asks for, section by section; `said` is None where it removes both sections."""

    said: Json | None
    version: int | None
    token: str | None


class _RefusedError(Exception):
    """How the checks leave; it never leaves this file."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


def decode_update(request: bytes) -> UpdateRequest | Refused:
    """What the body of an update asks for. Nothing is raised, whatever it holds."""
    token = None
    try:
        asked = _object(request)
        token = _token(asked)
        return UpdateRequest(said=_sections(asked), version=_version(asked), token=token)
    except _RefusedError as refused:
        return Refused(code=refused.code, message=str(refused), token=token)


def decode_token(request: bytes) -> str | Refused | None:
    """The client token in the body of a get or a delete, which may also be empty. Nothing is raised."""
    try:
        return _token(_object(request)) if request else None
    except _RefusedError as refused:
        return Refused(code=refused.code, message=str(refused))


def _object(request: bytes) -> Json:
    """The JSON object in `request`, without the things that JSON readers disagree about."""
    if len(request) > REQUEST_BYTES_MAX:
        _refuse(ErrorCode.TOO_LARGE, f"The payload exceeds the maximum size allowed: {len(request)} bytes")
    try:
        request.decode()
    except UnicodeDecodeError:
        _refuse(ErrorCode.UNSUPPORTED_ENCODING, "Unsupported documented encoding; supported encoding is UTF-8")
    try:
        # The first reader is strict about numbers, text and depth; only the second can tell a key that stands twice.
        msgspec.json.decode(request)
        found = json.loads(request, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        _refuse(ErrorCode.BAD_REQUEST, f"Invalid JSON: {error}")
    if not isinstance(found, dict):
        _refuse(ErrorCode.BAD_REQUEST, "Invalid JSON: not an object")
    return found


def _unique(pairs: list[tuple[str, object]]) -> Json:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return made


def _token(asked: Json) -> str | None:
    token = asked.get("clientToken")
    if token is None:
        return None
    if not isinstance(token, str) or len(token.encode()) > TOKEN_BYTES_MAX:
        _refuse(ErrorCode.BAD_REQUEST, f"Invalid clientToken: a text of at most {TOKEN_BYTES_MAX} bytes is allowed")
    return token


def _sections(asked: Json) -> Json | None:
    """What the request says of desired and reported; None where it removes both."""
    if "state" not in asked:
        _refuse(ErrorCode.BAD_REQUEST, "Missing required node: state")
    state = asked["state"]
    if state is None:
        return None
    if not isinstance(state, dict):
        _refuse(ErrorCode.BAD_REQUEST, "State node must be an object")
    for name, section in state.items():
        if name not in SECTIONS and name != "delta":
            _refuse(ErrorCode.BAD_REQUEST, f"State contains an invalid node: {name!r}")
        if section is not None and not isinstance(section, dict):
            _refuse(ErrorCode.BAD_REQUEST, f"{name.capitalize()} node must be an object")
        _check_node(section, 0)
    # Stock clients send back what they were given, delta and all; the delta is ours to compute.
    return {name: section for name, section in state.items() if name in SECTIONS}


def _check_node(value: object, level: int) -> None:
    if level > DEPTH_MAX:
        _refuse(ErrorCode.BAD_REQUEST, f"JSON contains too many levels of nesting; maximum is {DEPTH_MAX}")
    if isinstance(value, dict):
        for below in value.values():
            _check_node(below, level + 1)
    elif isinstance(value, list):
        if None in value:
            _refuse(ErrorCode.BAD_REQUEST, "State contains an invalid node: null in an array")
        for below in value:
            _check_node(below, level + 1)


def _version(asked: Json) -> int | None:
    version = asked.get("version")
    if version is None:
        return None
    if type(version) is not int or version < 1:
        _refuse(ErrorCode.BAD_REQUEST, "Invalid version: a whole number from 1 is allowed")
    return version


def _refuse(code: ErrorCode, message: str) -> NoReturn:
    raise _RefusedError(code, message)
