"""Keeping the link: which version it asks for, what it makes of ends without a word, and what it says."""

from __future__ import annotations

import pytest

from gateway.cloud import link
from gateway.cloud.connection import BRIEF_MAX, BRIEF_S, Connection
from gateway.core.settings import LinkSettings, Protocol
from gateway.errors import LinkError, LinkRefusedError
from tests.cloud.links import WILL, attempt, settings_for
from tests.cloud.played import AWAY, REFUSED, WRONG, Lasts, Played, PlayedOutError
from tests.fakes.broker import ACCEPTED_V311, CONNECT, serve
from tests.fakes.clock import FakeClock


async def test_the_older_protocol_is_tried_where_the_newer_is_refused_and_the_other_way_round():
    played = await Played(WRONG, WRONG, AWAY, WRONG, Lasts(1)).run()
    assert [version.value for version in played.versions] == ["5", "3.1.1", "5", "5", "3.1.1", "5"]


async def test_after_a_session_of_the_older_protocol_the_newer_is_asked_for_again():
    """A broker that was restarting hung up on 5 as one would that does not know it; only 5 tells of refusals."""
    played = await Played(WRONG, Lasts(100), AWAY).run()
    assert [version.value for version in played.versions] == ["5", "3.1.1", "5", "5"]


@pytest.mark.parametrize("version", [Protocol.V5, Protocol.V311])
async def test_a_version_that_was_chosen_is_kept(version):
    played = await Played(WRONG, Lasts(1), WRONG, settings=LinkSettings(protocol=version)).run()
    assert set(played.versions) == {version}


async def test_it_finds_its_way_to_a_broker_that_knows_only_the_older_protocol():
    levels = []

    async def old(peer):
        asked = await peer.until(CONNECT)
        levels.append(asked.level)
        if asked.level == 4:
            await peer.send(ACCEPTED_V311)
            await peer.see_off()

    async def done(_session):
        raise PlayedOutError

    async def at_once(_seconds):
        pass

    async with serve(old) as address:
        connection = Connection(settings_for(address), "gw", WILL, FakeClock(), sleep=at_once)
        with pytest.raises(PlayedOutError):
            await connection.run(done, lambda _: None)
        with pytest.raises(LinkError):
            await attempt(settings_for(address))
    assert levels == [5, 4, 5]


async def test_another_client_of_the_same_id_is_given_more_time_than_any_other_refusal():
    taken_over = LinkRefusedError("another client", caps=5)
    assert (await Played(Lasts(100, taken_over), REFUSED).run()).waits == [300.0, 60.0]


async def test_sessions_that_end_as_soon_as_they_began_are_named_and_not_tried_at_once():
    """MQTT 3.1.1 has no word for another client of the same id, nor for what the access rules forbid."""
    played = await Played(*[Lasts(BRIEF_S / 2)] * (BRIEF_MAX + 1)).run()
    assert all(wait < 60.0 for wait in played.waits[: BRIEF_MAX - 1])
    assert played.waits[BRIEF_MAX - 1 :] == [60.0, 60.0]
    assert "soon after they began" in played.connection.reason
    assert "another client" in played.connection.hint


@pytest.mark.parametrize("between", [Lasts(BRIEF_S * 2), Lasts(1, WRONG), Lasts(1, REFUSED)])
async def test_a_session_that_lasted_or_ended_with_a_word_is_no_brief_one(between):
    brief = [Lasts(1)] * (BRIEF_MAX - 1)
    played = await Played(*brief, between, *brief).run()
    assert played.connection.reason == "away"


async def test_it_is_known_when_the_next_attempt_is_due():
    seen = []
    played = Played(REFUSED, Lasts(100))
    sleep, serve_session = played._sleep, played._serve

    async def look(seconds):
        seen.append(played.connection.retry_in_s)
        await sleep(seconds / 2)
        seen.append(played.connection.retry_in_s)
        await sleep(seconds)
        seen.append(played.connection.retry_in_s)

    async def look_inside(session):
        seen.append(played.connection.retry_in_s)
        await serve_session(session)

    played._serve = look_inside
    played.connection._sleep = look
    await played.run()
    assert seen[:4] == [60.0, 30.0, 0.0, None]


async def test_the_hint_stands_beside_the_reason():
    assert (await Played(REFUSED).run()).connection.hint == "look there"


async def test_a_broker_that_does_not_answer_the_newer_protocol_is_asked_in_the_older_one(monkeypatch):
    monkeypatch.setattr(link, "CONNACK_TIMEOUT_S", 0.02)
    monkeypatch.setattr(link, "GOODBYE_TIMEOUT_S", 0.02)
    levels = []

    async def old(peer):
        asked = await peer.until(CONNECT)
        levels.append(asked.level)
        if asked.level == 4:
            await peer.send(ACCEPTED_V311)
        await peer.see_off()

    async def done(_session):
        raise PlayedOutError

    async def at_once(_seconds):
        pass

    async with serve(old) as address:
        connection = Connection(settings_for(address), "gw", WILL, FakeClock(), sleep=at_once)
        with pytest.raises(PlayedOutError):
            await connection.run(done, lambda _: None)
    assert levels == [5, 4]
