"""Messages from bytes to values, before anything is decided about them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from gateway.core.dictionary import Dictionary
from gateway.core.senml import Pack, read_pack
from gateway.core.wire import Birth, CommandResponse, Events, Status, decode
from twin.topics import Address, Kind

TELEMETRY_BYTES_MAX = 4 * 1024 * 1024
"""Size of a batch as it comes: what a pack may be when unpacked. Other messages are bounded by the wire's own limit."""

Body = Birth | Status | Events | CommandResponse | Pack | bytes


class Incoming(msgspec.Struct, frozen=True):
    """A message, when it came, and whether the broker had kept it; requests to a shadow stay bytes."""

    address: Address
    body: Body
    received_s: float
    retained: bool


class RefusedError(ValueError):
    """A message that is well formed and still not taken; nothing was changed by it."""


_JSON: dict[Kind, Any] = {Kind.BIRTH: Birth, Kind.STATUS: Status, Kind.EVENTS: Events, Kind.RESPONSE: CommandResponse}


def decode_message(
    address: Address, payload: bytes, received_s: float, *, retained: bool, known: Collection[Dictionary] = ()
) -> Incoming:
    """The message in `payload`; a batch may rest on the dictionaries that are `known`.

    Raises:
        UnknownDictionaryError: it rests on another one.
        ValueError: it is too large or not what its topic wants; the text says where.
    """
    return Incoming(address, _body(address, payload, received_s, known), received_s, retained)


def _body(address: Address, payload: bytes, received_s: float, known: Collection[Dictionary]) -> Body:
    if address.kind is Kind.TELEMETRY:
        if len(payload) > TELEMETRY_BYTES_MAX:
            raise RefusedError(f"{len(payload)} bytes; at most {TELEMETRY_BYTES_MAX} are allowed")
        return read_pack(payload, address.gateway, now_s=received_s, known=known)
    shape = _JSON.get(address.kind)
    if shape is None:
        return payload
    body: Body = decode(payload, shape)
    if isinstance(body, Birth) and body.gateway != address.gateway:
        raise RefusedError(f"a birth of {body.gateway[:64]!r} on the topic of {address.gateway!r}")
    return body
