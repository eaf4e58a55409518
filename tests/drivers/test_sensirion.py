from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import ChecksumError
from drivers.sensirion import decode_words, encode_words, to_value, to_word


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(0, 47))
def test_no_answer_with_a_flipped_bit_is_believed(first, second, bit):
    data = (int.from_bytes(encode_words(first, second)) ^ 1 << bit).to_bytes(6)
    with pytest.raises(ChecksumError):
        decode_words("part", data, 2)


@given(st.binary(max_size=12))
def test_bytes_of_any_kind_are_words_or_a_checksum_error(data):
    try:
        first, second = decode_words("part", data, 2)
    except ChecksumError:
        return
    assert encode_words(first, second) == data


@given(st.lists(st.integers(0, 0xFFFF), max_size=8))
def test_words_come_back_as_they_were_sent(words):
    assert decode_words("part", encode_words(*words), len(words)) == tuple(words)


@given(st.floats(-1e6, 1e6), st.sampled_from([(-45.0, 175.0), (0.0, 100.0)]))
def test_a_value_leads_to_a_word_and_back_or_to_the_nearer_end(value, span):
    zero, width = span
    expected = min(zero + width, max(zero, value))
    assert to_value(to_word(value, zero, width), zero, width) == pytest.approx(expected, abs=0.01)
