"""SenML in CBOR (RFC 8428 section 6): the same records as in JSON, with short labels."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from gateway.core.cbor import CborError, Item, elements, encode
from gateway.core.senml_raw import Labels, RawRecord, SenmlError, Unreadable, check_count, check_labels, set_apart

CBOR_FIRST_BYTES = frozenset(bytes([first]) for first in range(0x80, 0xA0))
"""What a pack in CBOR begins with: an array. JSON begins with `[`, and zlib with `x`."""

LABELS = {
    "bver": -1, "bn": -2, "bt": -3, "bu": -4, "bv": -5, "bs": -6,
    "n": 0, "u": 1, "v": 2, "vs": 3, "vb": 4, "s": 5, "t": 6, "ut": 7, "vd": 8,
}  # fmt: skip
"""RFC 8428 table 4. There will be no more: whatever else a record has keeps its name."""

_NAMES = {number: name for name, number in LABELS.items()}

_decode = msgspec.json.Decoder(list[dict[str, Any]]).decode


def read_cbor(data: bytes) -> list[RawRecord | Unreadable]:
    """The records in `data`, with those that cannot be read in their places.

    Raises:
        SenmlError: there are too many.
    """
    records: list[RawRecord | Unreadable] = []
    try:
        for item, fault in elements(data):
            check_count(len(records) + 1)
            if not isinstance(item, dict):
                # The structure has slipped: what follows may look like records and belong to none.
                raise CborError(fault or "a record is a map")
            records.append(_record(item, fault))
    except CborError as error:
        records.append(Unreadable(str(error)))
    set_apart(records)
    return records


def _record(item: dict[int | str, Item], fault: str) -> RawRecord | Unreadable:
    members: dict[str, Item] = {}
    for key, value in item.items():
        name = _NAMES.get(key, "") if isinstance(key, int) else key
        if not name:
            fault = fault or f"label {key} is none of RFC 8428"
        elif name in members:
            fault = fault or f"label {name!r} stands there twice"
        elif isinstance(value, float) and not math.isfinite(value):
            fault = fault or f"{name} is {value}; numbers are finite"
        members[name] = value
    try:
        if fault:
            raise SenmlError(fault)
        check_labels(members)
        return msgspec.convert(members, RawRecord)
    except ValueError as error:
        return _unreadable(str(error), members)


def _unreadable(what: str, members: dict[str, Item]) -> Unreadable:
    begins = "epoch" in members
    try:
        return Unreadable(what, begins, msgspec.convert({"last": members.get("first")} | members, Labels))
    except ValueError:
        return Unreadable(what, begins)


def transcode(pack_json: bytes) -> bytes:
    """The pack in `pack_json`, which is plain JSON, as CBOR: every value is the same, and usually in fewer bytes.

    Raises:
        ValueError: it is no pack.
    """
    try:
        records = _decode(pack_json)
    except RecursionError as error:
        raise CborError(str(error)) from None
    return encode([{LABELS.get(name, name): value for name, value in record.items()} for record in records])
