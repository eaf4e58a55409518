"""Bodies that are compressed once and put together without looking at them again."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.packing import HEAD, PACK_FROM_BYTES, assemble, is_packed, pack, unpack

TEXTS = st.binary(max_size=400).map(lambda text: b"{" + text) | st.binary(max_size=60).map(
    lambda text: b"{" + text * 20
)


@given(TEXTS)
def test_a_packed_body_comes_back(body):
    assert unpack(pack(body)) == body


@given(TEXTS)
def test_packing_never_makes_it_larger(body):
    assert len(pack(body)) <= len(body)


def test_a_body_that_repeats_itself_is_packed():
    assert is_packed(pack(b'{"t":1.0,"v":21.4},' * 50))


def test_a_small_body_stays_as_it_is():
    assert pack(b"{" * (PACK_FROM_BYTES - 1)) == b"{" * (PACK_FROM_BYTES - 1)


@given(st.lists(st.tuples(st.binary(max_size=90), st.binary(min_size=20, max_size=200)), min_size=1, max_size=6))
def test_assembled_pieces_are_a_zlib_stream_of_the_whole(parts):
    bodies = [b"{" + text * 20 for _, text in parts]
    whole = b"[" + b",".join(labels + body[1:] for (labels, _), body in zip(parts, bodies, strict=True)) + b"]"

    stream = assemble((labels, pack(body)) for (labels, _), body in zip(parts, bodies, strict=True))

    assert zlib.decompress(stream) == whole


@given(st.data())
def test_damage_is_noticed_and_nothing_else_is_raised(data):
    stored = bytearray(pack(b'{"t":1.0,"v":21.4},' * 50))
    position = data.draw(st.integers(1, len(stored) - 1))
    stored[position] ^= data.draw(st.integers(1, 255))
    try:
        assert unpack(bytes(stored)) == b'{"t":1.0,"v":21.4},' * 50  # Some bits of the last, empty block mean nothing.
    except ValueError as error:
        assert "damaged" in str(error)  # noqa: PT017 - both outcomes are allowed


@pytest.mark.parametrize("length", range(HEAD.size))
def test_a_cut_head_is_damage(length):
    with pytest.raises(ValueError, match="damaged"):
        unpack(pack(b'{"t":1.0,"v":21.4},' * 50)[: max(length, 1)])
