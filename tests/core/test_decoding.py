"""What is wrong with a message, in words: compared with what the library really says."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.decoding import in_words
from gateway.core.signing import open_envelope
from gateway.core.wire_commands import CommandRequest

ORDER = b'{"channel":"a/b","value":1,"issued":1}'


def said(payload):
    with pytest.raises(msgspec.DecodeError) as caught:
        msgspec.json.decode(payload, type=CommandRequest)
    return in_words(caught.value)


@pytest.mark.parametrize(("payload", "words"), [
    (b"{}", "issued is missing"),
    (b"[]", "found a list, allowed an object"),
    (ORDER.replace(b'"issued":1', b'"issued":"now"'), "issued: found a text, allowed a number"),
    (ORDER.replace(b'"issued":1', b'"issued":1,"priority":10'), "priority: allowed a whole number <= 9"),
    (ORDER.replace(b'"issued":1', b'"issued":1,"priority":1.5'), "priority: found a number, allowed a whole number"),
    (ORDER.replace(b'"value":1', b'"value":{}'), "value: found an object, allowed "),
    (ORDER.replace(b'"value":1', b'"parameters":{"x":[]}'), "parameters[...]: found a list, allowed "),
    (ORDER[:-1], "no JSON: it breaks off"),
    (ORDER + b"x", "no JSON: trailing characters, byte 39"),
    (b"", "no JSON: it breaks off"),
])  # fmt: skip
def test_place_and_words_are_those_of_who_wrote_it(payload, words):
    assert said(payload).startswith(words)
    assert "`" not in said(payload)


@pytest.mark.parametrize(("payload", "words"), [
    (b'{"order":"{}","signature":{"key":"-","ed25519":"x"}}', "signature.key: allowed a text of the form "),
    (b'{"order":"{}","signature":{"key":"a","ed25519":"x"}}', "signature.ed25519: allowed a text of length >= 88"),
    (b'{"order":"{}","signature":{"key":"a"}}', "signature.ed25519 is missing"),
])  # fmt: skip
def test_so_are_those_of_a_signed_order(payload, words):
    with pytest.raises(msgspec.DecodeError) as caught:
        open_envelope(payload)
    assert in_words(caught.value).startswith(words)


@given(st.text())
def test_what_is_not_known_is_passed_on(text):
    assert in_words(ValueError(text)) or not text
