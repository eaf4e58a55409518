"""Many shadows on one connection: they ask in turn, and no more than ten wait for an answer at one time."""

from __future__ import annotations

import json

from gateway.cloud.shadows import ANSWER_TIMEOUT_S, Shadows
from tests.cloud.station import GATEWAY, PREFIX
from tests.fakes.clock import FakeClock
from tests.fakes.session import FakeSession


class Answers:
    """A session whose service answers when it is told to."""

    def __init__(self, count):
        self.clock, self.session = FakeClock(), FakeSession()
        self.names = [f"d{number:03}" for number in range(count)]
        self.shadows = Shadows(PREFIX, GATEWAY, dict.fromkeys(self.names, ()), self.clock)
        self.answered = 0
        for name in self.names:
            self.shadows.is_now(f"{name}/on", True)
        self.shadows.connected(self.session, "s")

    @property
    def open(self):
        return len(self.session.sent) - self.answered

    async def answer(self):
        """Answer the oldest request: there is no such shadow, and every update is taken."""
        sent = self.session.sent[self.answered]
        self.answered += 1
        *_, device, kind = sent.topic.split("/")
        request = json.loads(sent.payload)
        verdict = "get/rejected" if kind == "get" else "update/accepted"
        answer = request | ({"code": 404} if kind == "get" else {"version": 1})
        await self.shadows.on_message(device, verdict, json.dumps(answer).encode())
        return kind


async def test_a_hundred_shadows_are_fetched_ten_at_a_time_before_anything_is_reported():
    service = Answers(100)
    kinds = []
    while service.open:
        assert service.open <= 10
        kinds.append(await service.answer())
    assert kinds.count("get") == kinds.count("update") == 100
    assert kinds[:100] == ["get"] * 100
    assert all(shadow.settled for shadow in service.shadows.devices.values())


async def test_who_does_not_answer_blocks_the_others_no_longer_than_the_time_for_an_answer():
    service = Answers(25)
    assert service.open == 10
    service.clock.advance(ANSWER_TIMEOUT_S + 0.1)
    service.shadows.check_answers()
    assert service.open == 20
    assert {sent.topic.split("/")[-2] for sent in service.session.sent} == set(service.names[:20])


async def test_after_a_new_connection_nothing_waits_for_the_old_one():
    service = Answers(25)
    service.shadows.disconnected()
    service.shadows.is_now("d001/on", False)
    assert service.open == 10
    service.session, service.answered = FakeSession(), 0
    service.shadows.connected(service.session, "t")
    while service.open:
        await service.answer()
    assert all(shadow.settled for shadow in service.shadows.devices.values())
