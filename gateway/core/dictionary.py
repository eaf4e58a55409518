"""A dictionary for small batches, made of the birth: both sides make the same one, and nothing has to be configured.

A batch of one reading is mostly names: of the gateway, the series, the epoch, the labels. All of them stand in the
birth. Deflate (RFC 1951) can begin as if it had read a text already; that text is made here, of the records that this
gateway will send. The format is `docs/wire.md`, section Dictionary.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from gateway.core.cbor import encode, head
from gateway.core.cbor_reader import ARRAY, DECIMAL_FRACTION, MAP, TAG
from gateway.core.senml_cbor import LABELS
from gateway.core.senml_raw import PACK_BYTES_MAX, SenmlError
from gateway.core.wire import Birth, BirthChannel

MARK = b"d"
"""What a batch that was packed with a dictionary begins with."""
ACCEPTS = "dict:"
"""In `Ack.accepts`, before the eight hexadecimal digits of a dictionary's number."""
NUMBER_BYTES = 4
ENTRIES_BYTES_MAX = 16_384
"""Of the records of single series in the text. Deflate sees back 32 KiB, and the engine reads all of it for every
batch: 16 KiB take a tenth of a millisecond on a small board, and are 140 channels."""
LEVEL = 9
TIME_MS_MAX = 2**63 - 1

_FIRST = ("bn", "bu", "epoch", "lane", "clock", "thinned", "backfill", "bt", "first", "last", "t")
"""The order of a record's labels: what changes least first, so that one copy from the dictionary reaches far."""

_decode = msgspec.json.Decoder(list[dict[str, Any]]).decode


class UnknownDictionaryError(SenmlError):
    """A batch that was packed with a dictionary which is not known here."""


class Named(msgspec.Struct, frozen=True):
    """A channel of the birth as records name it: base name, and base unit where they have one."""

    bn: str
    bu: str


class Dictionary(msgspec.Struct, frozen=True):
    """What a birth tells of the batches to come."""

    number: int
    """CRC-32 of the text and of all names, by which both sides know that they mean the same."""
    text: bytes
    epoch: str
    series: tuple[Named, ...]

    @property
    def word(self) -> str:
        """What stands for it in `Ack.accepts`."""
        return f"{ACCEPTS}{self.number:08x}"

    def pack(self, text: bytes) -> bytes:
        """A batch of `text`, packed."""
        engine = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=self.text)
        return MARK + self.number.to_bytes(NUMBER_BYTES, "big") + engine.compress(text) + engine.flush()


def unpack(payload: bytes, known: Iterable[Dictionary]) -> bytes:
    """What was packed in `payload`, at most PACK_BYTES_MAX.

    Raises:
        UnknownDictionaryError: it needs a dictionary that is none of `known`.
        SenmlError: it is too large, or damaged.
    """
    dictionary = find(payload[1 : 1 + NUMBER_BYTES], known)
    return inflate(payload[1 + NUMBER_BYTES :], dictionary.text)


def find(number: bytes, known: Iterable[Dictionary]) -> Dictionary:
    """The dictionary of `known` with a number as it stands in a batch.

    Raises:
        UnknownDictionaryError: there is none.
        SenmlError: the number is cut short.
    """
    if len(number) < NUMBER_BYTES:
        raise SenmlError("the number of the dictionary is cut short")
    for one in known:
        if one.number == int.from_bytes(number, "big"):
            return one
    raise UnknownDictionaryError(f"dictionary {number.hex()} is not known")


def inflate(data: bytes, dictionary: bytes = b"") -> bytes:
    """What is in `data`, a whole deflate stream, at most PACK_BYTES_MAX.

    Raises:
        SenmlError: it is too large, damaged, cut short, or has bytes after its end.
    """
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS, zdict=dictionary)
    try:
        text = unpacker.decompress(data, PACK_BYTES_MAX + 1)
    except zlib.error as error:
        raise SenmlError(f"the packed batch is damaged: {error}") from None
    if len(text) > PACK_BYTES_MAX:
        raise SenmlError(f"more than {PACK_BYTES_MAX} bytes when unpacked")
    if not unpacker.eof or unpacker.unused_data:
        raise SenmlError("the packed batch is cut short or has bytes after its end")
    return text


def dictionary_of(birth: Birth) -> Dictionary:
    """The dictionary of a gateway that was born so."""
    series, entries, size = [], [], 0
    for name, channel in _channels(birth):
        one = Named(f"{birth.gateway}/{name}", channel.unit or ("/" if channel.kind == "number" else ""))
        series.append(one)
        entry = _entry(one, birth, channel.lane)
        size += len(entry)
        if size <= ENTRIES_BYTES_MAX:
            entries.append(entry)
    text = b"".join((_RARE, *entries, _USUAL))
    names = "\n".join(f"{one.bn} {one.bu}" for one in series)
    return Dictionary(zlib.crc32(names.encode(), zlib.crc32(text)), text, birth.epoch, tuple(series))


def _channels(birth: Birth) -> Iterator[tuple[str, BirthChannel]]:
    """Every channel with its name, in the order of the birth."""
    for device, told in birth.devices.items():
        for channel, one in told.channels.items():
            yield f"{device}/{channel}", one


def _entry(series: Named, birth: Birth, lane: str) -> bytes:
    """What a pack of one reading of `series` begins with, up to its time, which the start of the daemon stands for."""
    members = {"bn": series.bn, "bu": series.bu, "epoch": birth.epoch, "lane": lane, "bt": birth.started}
    if not series.bu:
        del members["bu"]
    # Seven members: those here, `first`, and the value; one less without a unit.
    return head(ARRAY, 1) + head(MAP, len(members) + 2) + b"".join(_member(*member) for member in members.items())


def cbor_pack(pack_json: bytes) -> bytes:
    """The pack in `pack_json` as CBOR, in the shape that the dictionary is made for.

    The base time is a whole number of milliseconds, `t` is left out where it is 0, and `last` where it is `first`; a
    reading that is alone in its segment has its time as the base.

    Raises:
        ValueError: it is no pack.
    """
    records = _decode(pack_json)
    out = bytearray(head(ARRAY, len(records)))
    for record in records:
        _shorten(record)
        out += head(MAP, len(record))
        for label in _FIRST:
            if label in record:
                out += _member(label, record.pop(label))
        for label, value in record.items():
            out += _member(label, value)
    return bytes(out)


def _shorten(record: dict[str, Any]) -> None:
    """Leave out what the reader takes for granted."""
    if "last" in record and record["last"] == record.get("first"):
        del record["last"]
        time_ms = round(record.get("t", 0.0) * 1000)
        if "bt" in record and "thinned" not in record and time_ms / 1000 == record.get("t"):
            # Of a single reading the segment's base is as well the time of the reading.
            record["bt"], record["t"] = (round(record["bt"] * 1000) + time_ms) / 1000, 0.0
    if record.get("t") == 0:
        del record["t"]


def _member(label: str, value: Any) -> bytes:
    return encode(LABELS.get(label, label)) + (_milliseconds(value) if label == "bt" else encode(value))


def _milliseconds(time_s: float) -> bytes:
    """A time as a decimal fraction with an exponent of -3 and eight bytes: of those only the last few ever change."""
    time_ms = round(min(max(time_s, 0.0), TIME_MS_MAX / 2000) * 1000)
    return head(TAG, DECIMAL_FRACTION) + head(ARRAY, 2) + encode(-3) + b"\x1b" + time_ms.to_bytes(8, "big")


_RARE = b"".join(
    _member(label, value)
    for label, value in (
        ("lane", "low"),
        ("lane", "high"),
        ("lane", "critical"),
        ("lane", "normal"),
        ("clock", "unsynchronised"),
        ("qr", "not_a_number"),
        ("qr", "clock"),
        ("q", "uncertain"),
        ("q", "bad"),
        ("qr", "range"),
        ("vb", False),
        ("vb", True),
        ("last", 999),
        ("backfill", True),
    )
)
_USUAL = b"".join(
    encode(LABELS.get(label, label)) + begin
    for label, begin in (
        # A time and a value as decimal fractions of a two-byte number, and the number of a reading.
        ("t", b"\xc4\x82\x22\x19"),
        ("v", b"\xc4\x82\x20\x18"),
        ("v", b"\xc4\x82\x23\x19"),
        ("first", b"\x1a\x00"),
        ("first", b"\x19"),
        ("v", b"\xc4\x82\x21\x19"),
    )
)
