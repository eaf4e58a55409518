"""What can still be read of a JSON pack that is no good as a whole.

Records are found by the structure alone, texts and brackets, and read one by one. Where the structure itself is broken
the rest is one record that cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from gateway.core.senml_raw import Labels, RawRecord, SenmlError, Unreadable, check_count, check_labels, set_apart

SALVAGE_BYTES_MAX = 1024 * 1024
"""Size of a pack that is worth it: the largest batch that a gateway can be set to send. A pack of this size takes half
a second on a small board."""

_MARK = re.compile(rb'"(?:[^"\\]|\\.)*+"|["{}\[\],]', re.DOTALL)
_LABELS = {
    "epoch": re.compile(rb'"epoch"\s*:\s*"([0-9a-f]{16}-[0-9]{1,10})"'),
    "lane": re.compile(rb'"lane"\s*:\s*"([A-Za-z0-9_-]{1,64})"'),
    "first": re.compile(rb'"first"\s*:\s*([0-9]{1,16})\s*[,}]'),
    "last": re.compile(rb'"last"\s*:\s*([0-9]{1,16})\s*[,}]'),
}

_record = msgspec.json.Decoder(RawRecord).decode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_labels = msgspec.json.Decoder(Labels).decode


def salvage(text: bytes, wrong: SenmlError) -> list[RawRecord | Unreadable]:
    """The records in `text`, with those that cannot be read in their places.

    Raises:
        SenmlError: there are too many; or `wrong`, where `text` is too large.
    """
    check_count(text.count(b"{"))
    if len(text) > SALVAGE_BYTES_MAX:
        raise wrong
    records: list[RawRecord | Unreadable] = []
    for piece in _pieces(text):
        check_count(len(records) + 1)
        records.append(_read(piece))
    set_apart(records)
    return records


def _pieces(text: bytes) -> Iterator[bytes]:
    """The elements of the outermost array, as far as it can be followed."""
    depth, begin = 0, 0
    for found in _MARK.finditer(text):
        mark = found[0]
        if mark in (b"{", b"["):
            depth += 1
            if depth == 1:
                begin = found.end()
        elif mark in (b"}", b"]"):
            depth -= 1
            if depth <= 0:
                yield text[begin : found.start()]
                return
        elif mark == b"," and depth == 1:
            yield text[begin : found.start()]
            begin = found.end()
        elif mark == b'"':  # A text without an end.
            break
    yield text[begin:]


def _read(piece: bytes) -> RawRecord | Unreadable:
    try:
        members = _members(piece)
    except (ValueError, RecursionError) as error:
        return _guess(piece, str(error))
    try:
        check_labels(members)
        return _record(piece)
    except ValueError as error:
        try:
            return Unreadable(str(error), "epoch" in members, _labels(piece))
        except ValueError:
            return Unreadable(str(error), "epoch" in members)


def _guess(piece: bytes, what: str) -> Unreadable:
    """What `piece`, which is no JSON and may go on beyond its record, says of the segment that it begins.

    In JSON a quotation mark inside a text has a backslash before it, so no text can look like a label. A label behind
    another bracket than the first is that of another record, whose segment must not suffer.
    """
    if not piece.lstrip().startswith(b"{"):
        return Unreadable(what)
    found = {label: pattern.search(piece) for label, pattern in _LABELS.items()}
    own = {label: place for label, place in found.items() if place and piece.count(b"{", 0, place.start()) == 1}
    try:
        labels = msgspec.convert({label: place[1].decode() for label, place in own.items()}, Labels, strict=False)
    except ValueError:
        return Unreadable(what, "epoch" in own)
    return Unreadable(what, begins=True, labels=labels)
