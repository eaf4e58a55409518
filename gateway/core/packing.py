"""A segment's body, compressed once: the bytes that rest on the disk go into the packet as they are.

A body is stored as a piece of a deflate stream (RFC 1951) that ends on a byte and refers to nothing before it. A zlib
stream (RFC 1950) is then put together of such pieces, of the labels between them in stored blocks, and of a checksum
that is computed from the pieces' own, without looking at what they hold.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

PACK_FROM_BYTES = 160
"""Smaller bodies do not get smaller."""
LEVEL = 6
HEAD = struct.Struct("<cII")
"""Mark, Adler-32 and length of what the piece holds: the body without its first byte, which is always `{`."""
MARK = b"d"
BASE = 65521
"""The modulus of Adler-32 (RFC 1950 section 8.2)."""
ZLIB_HEAD = b"\x78\x9c"
LAST_BLOCK = b"\x03\x00"
"""An empty, final block: the end of a deflate stream."""


def pack(body: bytes) -> bytes:
    """The stored form of a body: packed if that is smaller, else itself; the first byte tells."""
    if len(body) < PACK_FROM_BYTES:
        return body
    engine = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    piece = engine.compress(body[1:]) + engine.flush(zlib.Z_FULL_FLUSH)
    packed = HEAD.pack(MARK, zlib.adler32(body[1:]), len(body) - 1) + piece
    return packed if len(packed) < len(body) else body


def is_packed(stored: bytes) -> bool:
    """Whether a stored form is packed."""
    return stored[:1] == MARK


def unpack(stored: bytes) -> bytes:
    """The body that `pack` was given.

    Raises:
        ValueError: the bytes are damaged.
    """
    if not is_packed(stored):
        return stored
    try:
        _, adler, length = HEAD.unpack_from(stored)
        rest = zlib.decompressobj(-zlib.MAX_WBITS).decompress(stored[HEAD.size :], length + 1)
    except (struct.error, zlib.error) as error:
        raise ValueError(f"a packed segment is damaged: {error}") from None
    if len(rest) != length or zlib.adler32(rest) != adler:
        raise ValueError("a packed segment is damaged: it is not what was packed")
    return b"{" + rest


def assemble(parts: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A zlib stream of `[` labels body `,` labels body … `]`, from pairs of labels and packed bodies.

    The labels stand in place of each body's first byte.
    """
    out = [ZLIB_HEAD]
    adler, between = 1, b"["
    for labels, stored in parts:
        _, piece_adler, length = HEAD.unpack_from(stored)
        text = between + labels
        out += (_stored_block(text), stored[HEAD.size :])
        adler = _combine(zlib.adler32(text, adler), piece_adler, length)
        between = b","
    out += (_stored_block(b"]"), LAST_BLOCK, zlib.adler32(b"]", adler).to_bytes(4, "big"))
    return b"".join(out)


def _stored_block(text: bytes) -> bytes:
    """A block that is not compressed and not final (RFC 1951 section 3.2.4); labels are far below its 65 535 bytes."""
    size = len(text)
    return b"\x00" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + text


def _combine(first: int, second: int, second_length: int) -> int:
    """The Adler-32 of two texts in a row, from those of each and the length of the second.

    By RFC 1950 section 8.2: a is 1 plus the sum of the bytes, b the sum of all a. The second text was summed from 1
    but stands behind one whose a is more, and that is in each of its `second_length` values of a.
    """
    a_first, b_first = first & 0xFFFF, first >> 16
    a_second, b_second = second & 0xFFFF, second >> 16
    a = (a_first + a_second - 1) % BASE
    b = (b_first + b_second + second_length * (a_first - 1)) % BASE
    return b << 16 | a
