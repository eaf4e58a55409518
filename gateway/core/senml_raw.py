"""SenML packs (RFC 8428) from bytes to records as they stand there: unpacked and typed within limits, not resolved."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from gateway.core.reading import ClockState, Quality
from gateway.core.wire import Epoch, Seq

PACK_BYTES_MAX = 4 * 1024 * 1024
"""Size of a pack as plain text: four times the largest batch that a gateway can be set to send. Bounds what a small
compressed message can grow to."""

RECORDS_MAX = 65_536
"""Records in one pack: six times the largest batch; bounds memory, which is some hundred bytes for each."""

BUCKET_S_MAX = 31_622_400
"""Seconds that one record can stand for: a leap year; who thins to more has kept nothing."""

_RESERVED_LABEL = re.compile(rb'_"\s*:')
_ESCAPED_UNDERSCORE = re.compile(rb"\\u005[fF]")
_PLACE = re.compile(r"\$\[(\d+)\]")

SHORT_CHARACTERS_MAX = 64
"""Of a unit, a lane or a reason."""

ShortText = Annotated[str, Meta(max_length=SHORT_CHARACTERS_MAX)]


class SenmlError(ValueError):
    """A pack that is refused. `record` is the index of the record at fault, None where it is the pack as a whole."""

    def __init__(self, what: str, record: int | None = None) -> None:
        super().__init__(what if record is None else f"record {record}: {what}")
        self.record = record


class Labels(msgspec.Struct, frozen=True):
    """Which readings a segment holds, and the seconds that one record stands for where they were thinned."""

    epoch: Epoch
    lane: ShortText
    first: Seq
    last: Seq
    thinned: Annotated[int, Meta(ge=0, le=BUCKET_S_MAX)] = 0


class Unreadable(msgspec.Struct):
    """A record of which no sense can be made; `begins` tells whether it seems to begin a segment."""

    what: str
    begins: bool = False
    labels: Labels | None = None

    @property
    def epoch(self) -> str | UnsetType:
        """As that of a record which can be read: set where a segment begins."""
        return "" if self.begins else UNSET


class RawRecord(msgspec.Struct, gc=False):
    """A record as it stands in the pack. Labels that are not named here are ignored, as the RFC wants."""

    bn: str | UnsetType = UNSET
    bt: float | UnsetType = UNSET
    bu: ShortText | UnsetType = UNSET
    bv: float | UnsetType = UNSET
    bs: float | UnsetType = UNSET
    bver: int | UnsetType = UNSET
    n: str | UnsetType = UNSET
    u: ShortText | UnsetType = UNSET
    v: float | UnsetType = UNSET
    vs: str | UnsetType = UNSET
    vb: bool | UnsetType = UNSET
    vd: str | UnsetType = UNSET
    s: float | UnsetType = UNSET
    t: float = 0.0
    ut: float | UnsetType = UNSET
    epoch: Epoch | UnsetType = UNSET
    lane: ShortText | UnsetType = UNSET
    first: Seq | UnsetType = UNSET
    last: Seq | UnsetType = UNSET
    clock: ClockState = ClockState.SYNCHRONISED
    backfill: bool = False
    thinned: Annotated[int, Meta(ge=0, le=BUCKET_S_MAX)] = 0
    count: Seq | UnsetType = UNSET
    min: float | UnsetType = UNSET
    max: float | UnsetType = UNSET
    tmin: float | UnsetType = UNSET
    tmax: float | UnsetType = UNSET
    samples: Seq | UnsetType = UNSET
    last_value: float | UnsetType = msgspec.field(default=UNSET, name="lastv")

    def segment(self) -> Labels | None:
        """The labels of the segment that it begins; None where one of them is missing. Without `last` it is `first`."""
        epoch, lane, first, last = self.epoch, self.lane, self.first, self.last
        if epoch is UNSET or lane is UNSET or first is UNSET:
            return None
        return Labels(epoch, lane, first, first if last is UNSET else last, self.thinned)

    q: Quality = Quality.GOOD
    qr: ShortText = ""


_decoder = msgspec.json.Decoder(list[RawRecord])
_label_decoder = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])


def expand(payload: bytes) -> bytes:
    """`payload` as plain text: itself, or what it holds by zlib (RFC 1950), at most PACK_BYTES_MAX.

    Raises:
        SenmlError: it is neither, too large, or damaged.
    """
    if payload[:1] != b"x":
        if len(payload) > PACK_BYTES_MAX:
            raise SenmlError(f"{len(payload)} bytes; at most {PACK_BYTES_MAX} are allowed")
        return payload
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(payload, PACK_BYTES_MAX)
    except zlib.error as error:
        raise SenmlError(f"the compressed pack is damaged: {error}") from None
    if unpacker.unconsumed_tail:
        raise SenmlError(f"more than {PACK_BYTES_MAX} bytes when unpacked")
    if not unpacker.eof or unpacker.unused_data:
        raise SenmlError("the compressed pack is cut short or has bytes after its end")
    return text


def parse(text: bytes) -> list[RawRecord]:
    """The records in `text`, a JSON pack, as they stand there.

    Raises:
        SenmlError: it is not JSON, a label has the wrong type or is reserved, or there are too many records.
    """
    check_count(text.count(b"{"))
    try:
        # Labels of the future that must not be ignored end in an underscore; only a suspicion is worth a second look.
        if _RESERVED_LABEL.search(text) or _ESCAPED_UNDERSCORE.search(text):
            for index, labels in enumerate(_label_decoder.decode(text)):
                check_labels(labels, index)
        return _decoder.decode(text)
    except SenmlError:
        raise
    except (ValueError, RecursionError) as error:
        place = _PLACE.search(str(error))
        raise SenmlError(str(error), int(place[1]) if place else None) from None


def check_count(records: int) -> None:
    """Refuse a pack of more records than RECORDS_MAX.

    Raises:
        SenmlError: as said.
    """
    if records > RECORDS_MAX:
        raise SenmlError(f"more than {RECORDS_MAX} records")


def check_labels(labels: Iterable[str], index: int | None = None) -> None:
    """Refuse a record with a label that has to be understood and is not (RFC 8428 section 4.4).

    Raises:
        SenmlError: as said.
    """
    for label in labels:
        if label.endswith("_"):
            raise SenmlError(f"label {label[:64]!r} has to be understood, and is not", index)


def set_apart(records: Iterable[RawRecord | Unreadable]) -> None:
    """Let what cannot be read begin a segment of its own where the one before it is complete without it."""
    left, thinned = 0, False
    for record in records:
        if isinstance(record, Unreadable):
            record.begins = record.begins or left == 0
            begins, labels = record.begins, record.labels
        else:
            begins, labels = record.epoch is not UNSET, record.segment()
        if begins:
            left = -1 if labels is None else labels.last - labels.first + 1
            thinned = labels is not None and labels.thinned > 0
        if isinstance(record, Unreadable) or not thinned:
            left -= 1
        else:
            left -= 1 if record.count is UNSET else record.count
