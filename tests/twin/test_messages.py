"""Bytes become a message of their topic's kind, or a ValueError that says what is wrong."""

from __future__ import annotations

import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.senml_cbor import transcode
from gateway.core.wire import MESSAGE_BYTES_MAX, encode
from tests.twin.builders import EPOCH, NOW_S, birth, events, pack, status
from twin.messages import TELEMETRY_BYTES_MAX, decode_message
from twin.topics import Address, Kind


def decoded(kind, payload, *, gateway="g"):
    return decode_message(Address("edgetwin", gateway, kind), payload, NOW_S, retained=False)


@pytest.mark.parametrize("message", [birth(), status("online"), events(1, 2)])
def test_what_is_encoded_is_decoded(message):
    assert decoded(message.address.kind, encode(message.body)).body == message.body


def test_telemetry_becomes_segments():
    for payload in (pack(3, 5), zlib.compress(pack(3, 5)), transcode(pack(3, 5))):
        (segment,) = decoded(Kind.TELEMETRY, payload).body.segments
        assert (segment.epoch, segment.first, segment.last) == (EPOCH, 3, 5)


def test_relative_times_are_resolved_at_reception():
    (segment,) = decoded(Kind.TELEMETRY, pack(1, 1, base_s=-5)).body.segments
    assert segment.records[0].time_s == NOW_S - 5


@pytest.mark.parametrize("kind", [Kind.SHADOW_GET, Kind.SHADOW_UPDATE, Kind.SHADOW_DELETE])
def test_requests_to_a_shadow_stay_bytes(kind):
    assert decoded(kind, b"\xff not json").body == b"\xff not json"


def test_unknown_members_are_ignored():
    assert decoded(Kind.STATUS, b'{"status":"online","epoch":"3f2a9c1b7d10e644-2","mood":{}}') is not None


def test_a_birth_on_the_topic_of_another_gateway_is_refused():
    with pytest.raises(ValueError, match="a birth of 'g' on the topic of 'h'"):
        decoded(Kind.BIRTH, encode(birth().body), gateway="h")


def test_telemetry_of_another_gateway_is_never_taken():
    body = decoded(Kind.TELEMETRY, pack(1, 1), gateway="h").body
    assert body.segments == []
    assert "does not begin with 'h/'" in body.rejected[0].reason


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Kind.BIRTH, b""),
        (Kind.BIRTH, b"{}"),
        (Kind.STATUS, b'{"status":"asleep","epoch":"3f2a9c1b7d10e644-2"}'),
        (Kind.STATUS, b'{"status":"online","epoch":"x"}'),
        (Kind.EVENTS, b'{"store":"3f2a9c1b7d10e644","events":[{"id":0,"time":1,"kind":"x"}]}'),
        (Kind.EVENTS, b'{"store":"3f2a9c1b7d10e644","events":[{"id":1,"time":1e999,"kind":"x"}]}'),
        (Kind.RESPONSE, b'{"status":"DONE","time":1}'),
        (Kind.RESPONSE, b"[" * 100_000),
        (Kind.TELEMETRY, b"junk"),
        (Kind.STATUS, b" " * (MESSAGE_BYTES_MAX + 1)),
        (Kind.TELEMETRY, b" " * (TELEMETRY_BYTES_MAX + 1)),
    ],
)
def test_what_is_malformed_or_too_large_is_refused(kind, payload):
    with pytest.raises(ValueError, match=r"."):
        decoded(kind, payload)


trees = st.recursive(st.none() | st.integers() | st.text(), lambda below: st.dictionaries(st.text(), below))
payloads = st.binary(max_size=80) | trees.map(msgspec.json.encode)


@given(st.sampled_from(Kind), payloads)
def test_nothing_but_a_value_error_ever_leaves(kind, payload):
    try:
        decoded(kind, payload)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either outcome is right; anything else would have escaped
