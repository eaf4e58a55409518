"""The link against brokers that say why they end it, and against a way that says nothing."""

from __future__ import annotations

import socket

import pytest
from paho.mqtt import client as paho

from gateway.core.settings import LinkSettings
from gateway.errors import LinkError, LinkRefusedError
from tests.cloud.links import attempt, lost, next_message, open_link, settings_for
from tests.fakes.broker import ACCEPTED_V5, CONNECT, answering, serve


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (0x8E, LinkRefusedError, "another client uses this gateway's id"),
        (0x97, LinkRefusedError, "quota exceeded"),
        (0x93, LinkError, "more unacknowledged"),
        (0x87, LinkRefusedError, "not authorised"),
        (0x8B, LinkError, "shutting down"),
        (0x9D, LinkRefusedError, "moved"),
        (0x95, LinkRefusedError, "packet too large"),
        (0x8D, LinkError, "link.keepalive"),
    ],
)
async def test_what_a_broker_says_in_parting_has_its_own_words_and_its_own_reaction(code, kind, words):
    async with serve(answering(ACCEPTED_V5, bytes([0xE0, 1, code]))) as address:
        with pytest.raises(LinkError, match=words) as caught:
            await attempt(settings_for(address))
    assert type(caught.value) is kind
    assert caught.value.hint
    assert getattr(caught.value, "caps", 0) == {0x8E: 5}.get(code, int(kind is LinkRefusedError))


async def test_a_name_that_is_not_found_says_so(monkeypatch):
    def nowhere(*_arguments, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", nowhere)
    with pytest.raises(LinkError, match=r"name of the broker is not found.*not known") as caught:
        await attempt(LinkSettings(host="broker.example"))
    assert "link.host" in caught.value.hint


async def test_a_way_that_went_dead_is_found_within_twice_the_keepalive(monkeypatch):
    """The clock of the library is moved instead of waiting; it looks at it once a second."""
    passed_s = 0.0
    real = paho.time_func
    monkeypatch.setattr(paho, "time_func", lambda: real() + passed_s)

    async def script(peer):
        await peer.until(CONNECT)
        await peer.send(ACCEPTED_V5)
        await peer.until(None)

    keepalive_s = 60.0
    async with serve(script) as address:
        with lost("link.keepalive"):
            async with open_link(settings_for(address, keepalive_s=keepalive_s)) as session:
                while not session._lost:
                    passed_s += 1.0
                    session._paho.loop_misc()
                    # Also a gateway that keeps sending hears nothing.
                    session.publish("a", b"x")
                assert passed_s <= 2 * keepalive_s + 2
                await next_message(session)
