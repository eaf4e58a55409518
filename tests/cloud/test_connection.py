"""Keeping the link: how long it waits, what it forgives, what it says. Nothing here waits in real time."""

from __future__ import annotations

import random

import msgspec
import pytest

from gateway.cloud.connection import REASONS_MAX, STABLE_S
from gateway.cloud.session import LinkState
from gateway.core.settings import Acknowledge, Protocol
from gateway.errors import LinkError
from tests.cloud.played import AWAY, LINK, REFUSED, Lasts, Played


async def test_the_wait_doubles_with_full_jitter_up_to_the_cap():
    random.seed(3)
    runs = [(await Played(*[AWAY] * 9).run()).waits for _ in range(200)]
    for number, waits in enumerate(zip(*runs, strict=True)):
        bound = min(60.0, 2.0**number)
        assert all(0 <= wait <= bound for wait in waits)
        # Spread over the whole range: gateways that lost one broker together do not come back together.
        assert min(waits) < 0.1 * bound < 0.9 * bound < max(waits)


async def test_after_a_very_long_outage_the_wait_is_still_capped():
    played = await Played(*[AWAY] * 3000).run()
    assert 50 < max(played.waits) <= 60


async def test_after_a_refusal_it_waits_as_long_as_it_ever_does():
    assert (await Played(REFUSED, REFUSED).run()).waits == [60.0, 60.0]


async def test_a_stable_session_makes_the_next_wait_short_again():
    waits = (await Played(*[AWAY] * 8, Lasts(STABLE_S + 1), AWAY).run()).waits
    assert waits[8] <= 1.0
    assert waits[9] <= 2.0


async def test_even_a_stable_session_is_followed_by_a_wait_so_that_not_all_come_back_at_once():
    random.seed(5)
    waits = {(await Played(Lasts(STABLE_S + 1)).run()).waits[0] for _ in range(20)}
    assert len(waits) == 20


async def test_a_session_that_is_lost_at_once_counts_as_one_more_failure():
    random.seed(8)
    waits = (await Played(*[Lasts(1.0)] * 40).run()).waits
    assert max(waits) > 10


async def test_a_session_that_just_ends_is_a_lost_one():
    played = await Played(Lasts(1.0, error=None), AWAY).run()
    assert len(played.waits) == 2
    assert played.logs[1]["reason"] == "the session ended"


async def test_where_the_broker_alone_acknowledges_and_cannot_tell_that_nobody_listens_that_is_said_once():
    unsure = msgspec.structs.replace(LINK, protocol=Protocol.V311, acknowledge=Acknowledge.BROKER)
    warnings = [
        line
        for settings in (unsure, msgspec.structs.replace(unsure, protocol=Protocol.V5))
        for line in (await Played(Lasts(100), Lasts(100), AWAY, settings=settings).run()).logs
        if line["event"] == "nobody may be listening"
    ]
    assert [line["log_level"] for line in warnings] == ["warning"]


async def test_every_change_of_state_is_told_once_and_in_order():
    played = await Played(AWAY, AWAY, Lasts(100), Lasts(1)).run()
    once = [LinkState.CONNECTING, LinkState.WAITING]
    served = [LinkState.CONNECTING, LinkState.CONNECTED, LinkState.WAITING]
    assert played.states == [*once, *once, *served, *served, LinkState.CONNECTING]


async def test_the_time_of_the_last_change_is_known():
    played = await Played(Lasts(100)).run()
    assert played.connection.since_ns == played.clock.boottime_ns()


async def test_a_reason_is_logged_once_however_often_it_comes_and_goes():
    other = LinkError("no route")
    played = await Played(*[AWAY, other] * 50).run()
    assert [line["reason"] for line in played.logs] == ["away", "no route"]


async def test_reasons_that_never_repeat_do_not_fill_the_log():
    played = await Played(*[LinkError(f"reason {number}") for number in range(200)]).run()
    assert len(played.logs) == REASONS_MAX


async def test_after_a_success_the_same_reason_is_logged_again_with_its_hint():
    played = await Played(REFUSED, REFUSED, Lasts(100, REFUSED)).run()
    assert [line["event"] for line in played.logs] == ["cannot connect", "connected", "link lost"]
    assert played.logs[1]["attempts"] == 3
    assert played.logs[2]["hint"] == "look there"


async def test_the_reason_stands_until_it_works_again():
    reasons = []
    played = Played(AWAY, Lasts(100))
    serve_session = played._serve

    async def look(session):
        reasons.append((played.connection.reason, played.connection.attempts))
        await serve_session(session)

    played._serve = look
    await played.run()
    assert reasons == [("", 0)]
    assert played.connection.reason == "away"


async def test_what_is_no_failure_of_the_link_is_not_tried_again():
    played = Played(Lasts(1, error=ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        await played.connection.run(played._serve, played._changed)
    assert played.waits == []
