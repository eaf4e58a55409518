"""Reads CBOR (RFC 8949) item by item, within limits. What of it is known stands in `core/cbor.py`."""

from __future__ import annotations

import struct
from collections.abc import Iterator

Item = None | bool | int | float | str | bytes | list["Item"] | dict[int | str, "Item"]

DEPTH_MAX = 16
"""Items inside each other: a pack needs three, and an extension may bring some of its own."""

ITEMS_MAX = 1_000_000
"""Items in one message: twice the largest pack that a gateway can send; bounds memory, some sixty bytes for each."""

ARRAY, MAP, TAG, SIMPLE = 4, 5, 6, 7
DECIMAL_FRACTION = 4
WHOLE = {24: struct.Struct(">B"), 25: struct.Struct(">H"), 26: struct.Struct(">I"), 27: struct.Struct(">Q")}
FLOATS = {25: struct.Struct(">e"), 26: struct.Struct(">f"), 27: struct.Struct(">d")}
_CONSTANTS: dict[int, bool | None] = {20: False, 21: True, 22: None}
_INDEFINITE = 31
_BREAK = b"\xff"


class CborError(ValueError):
    """Bytes that are not CBOR, or not of the kind that is known, or an item that has no such bytes."""


class Reader:
    """A place in bytes. Where it cannot go on it raises; what can be passed by is noted in `fault`."""

    __slots__ = ("_at", "_data", "_items", "fault")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._items = 0
        self.fault = ""

    def item(self, depth: int) -> Item:
        """The item here; `depth` more may lie inside each other."""
        self._items += 1
        if self._items > ITEMS_MAX:
            raise CborError(f"more than {ITEMS_MAX} items")
        major, info = self.head()
        if major == SIMPLE:
            return self._simple(info)
        if major >= ARRAY:
            if depth == 0:
                raise CborError(f"byte {self._at}: more than {DEPTH_MAX} items inside each other")
            return self._inner(major, info, depth - 1)
        size = self._argument(info)
        if major == 0:
            return size
        if major == 1:
            return -1 - size
        content = self._take(size)
        return content if major == 2 else self._text(content)  # noqa: PLR2004 - the major types of bytes and texts

    def head(self) -> tuple[int, int]:
        """Major type and additional information of the item here (RFC 8949 section 3)."""
        if self._at >= len(self._data):
            raise CborError("it is cut short")
        first = self._data[self._at]
        self._at += 1
        return first >> 5, first & 31

    def until(self, info: int, parts: int) -> Iterator[None]:
        """Once for each member of the array or map here, a member being `parts` items."""
        if info == _INDEFINITE:
            while self._data[self._at : self._at + 1] != _BREAK:
                yield
            self._at += 1
            return
        count = self._argument(info)
        if count * parts > len(self._data) - self._at:
            raise CborError(f"byte {self._at}: {count} members announced, and not so many bytes")
        for _ in range(count):
            yield

    def end(self) -> None:
        """Refuse bytes that are left."""
        if self._at != len(self._data):
            raise CborError(f"byte {self._at}: bytes after the end")

    def _argument(self, info: int) -> int:
        if info < 24:  # noqa: PLR2004 - RFC 8949 section 3: smaller numbers are their own argument
            return info
        if info not in WHOLE:
            raise CborError(f"byte {self._at}: no number has the additional information {info} here")
        form = WHOLE[info]
        return int(form.unpack(self._take(form.size))[0])

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._data):
            raise CborError(f"byte {self._at}: {size} bytes announced, {len(self._data) - self._at} there")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def _text(self, content: bytes) -> str:
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            self._note(f"a text is no UTF-8: {error.reason}")
            return ""

    def _inner(self, major: int, info: int, depth: int) -> Item:
        if major == ARRAY:
            return [self.item(depth) for _ in self.until(info, 1)]
        return self._map(info, depth) if major == MAP else self._tagged(info, depth)

    def _map(self, info: int, depth: int) -> dict[int | str, Item]:
        made: dict[int | str, Item] = {}
        for _ in self.until(info, 2):
            key = self.item(depth)
            if not isinstance(key, int | str) or isinstance(key, bool):
                self._note("a key is neither a number nor a text")
                key = ""
            elif key in made:
                self._note(f"the key {key!r} stands there twice")
            made[key] = self.item(depth)
        return made

    def _tagged(self, info: int, depth: int) -> Item:
        tag = self._argument(info)
        content = self.item(depth)
        match content:
            case [int(exponent), int(mantissa)] if tag == DECIMAL_FRACTION and bool not in map(type, content):
                return float(f"{mantissa}e{exponent}")
        self._note(f"tag {tag} is not known, or not on what it can be on")
        return None

    def _simple(self, info: int) -> Item:
        if info in _CONSTANTS:
            return _CONSTANTS[info]
        if info in FLOATS:
            form = FLOATS[info]
            return float(form.unpack(self._take(form.size))[0])
        if info == _INDEFINITE:
            raise CborError(f"byte {self._at}: an end where nothing was begun")
        self._note(f"simple value {self._argument(info)} is not known")
        return None

    def _note(self, what: str) -> None:
        self.fault = self.fault or f"byte {self._at}: {what}"
