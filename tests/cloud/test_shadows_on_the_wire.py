"""Shadows of all devices at once: who is asked what, when it is asked again, and what a bad answer does."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from gateway.cloud.shadows import ANSWER_TIMEOUT_S
from gateway.core.reading import Quality, Reading, Reason
from gateway.core.wire import shadow_topic
from tests.cloud.station import GATEWAY, PREFIX


def topic(tail, device="heater"):
    return shadow_topic(PREFIX, GATEWAY, device, tail)


def token(station, kind="get", device="heater"):
    """The token of the last request of a kind."""
    return station.said(topic(kind, device))[-1]["clientToken"]


async def overdue(station, seconds=ANSWER_TIMEOUT_S + 0.1):
    station.clock.advance(seconds)
    await station.remind()


@pytest.fixture
async def known(station):
    """A station whose heater is off and whose shadow says so."""
    station.shadows.is_now("heater/on", False)
    await station.connect()
    document = {"state": {"reported": {"on": False}}, "version": 5, "clientToken": token(station)}
    await station.hear(topic("get/accepted"), document)
    assert station.shadows.devices["heater"].settled
    return station


async def test_a_shadow_that_does_not_exist_is_made(station):
    station.shadows.is_now("heater/on", False)
    await station.connect()
    await station.hear(topic("get/rejected"), {"code": 404, "message": "No shadow", "clientToken": token(station)})
    assert station.said(topic("update"))[0]["state"] == {"reported": {"on": False}}


async def test_a_change_is_reported_at_once_to_its_own_shadow_only(known):
    known.shadows.is_now("heater/on", True)
    assert known.said(topic("update"))[-1]["state"] == {"reported": {"on": True}}
    assert known.said(topic("update", "climate")) == []
    known.shadows.is_now("room/temperature", 20.0)
    assert len(known.said(topic("update"))) == 1


async def test_a_wish_in_a_delta_and_in_the_document_is_handed_on_with_its_device(known):
    await known.hear(topic("update/delta"), {"state": {"on": True}, "version": 6})
    document = {"state": {"delta": {"setpoint": 21}}, "version": 2, "clientToken": token(known, device="climate")}
    await known.hear(topic("get/accepted", "climate"), document)
    assert known.wishes == [("heater", "on", True), ("climate", "setpoint", 21)]


async def test_an_overdue_answer_makes_the_document_fetched_again(known):
    known.shadows.is_now("heater/on", True)
    await overdue(known, ANSWER_TIMEOUT_S - 0.1)
    assert len(known.said(topic("get"))) == 1
    await overdue(known, 0.2)
    assert len(known.said(topic("get"))) == 2
    await overdue(known)
    assert len(known.said(topic("get"))) == 3


async def test_after_an_answer_nothing_is_overdue(known):
    await overdue(known)
    await overdue(known)
    assert len(known.said(topic("get"))) == 1


@pytest.mark.parametrize("tail", ["update/accepted", "update/rejected", "get/rejected", "get/accepted"])
async def test_answers_to_others_do_not_end_the_wait_for_ours(known, tail):
    known.shadows.is_now("heater/on", True)
    document = {"state": {"desired": {}}, "version": 6, "code": 400, "clientToken": "somebody else"}
    await known.hear(topic(tail), document)
    await overdue(known)
    assert len(known.said(topic("get"))) == 2


@pytest.mark.parametrize(
    ("code", "waits_s"), [(401, [900, 900]), (403, [900, 900]), (429, [5, 10, 20]), (500, [20, 40, 80]), (0, [20, 40])]
)
async def test_a_refusal_is_told_once_and_asked_again_only_when_it_is_due(known, code, waits_s):
    known.shadows.is_now("heater/on", True)
    with capture_logs() as logs:
        for attempt, wait_s in enumerate(waits_s):
            refusal = {"code": code, "message": "because " * 100, "clientToken": token(known, "update")}
            await known.hear(topic("update/rejected"), refusal)
            for value in (False, True):
                known.shadows.is_now("heater/on", value)
            await overdue(known, wait_s - 0.1)
            assert len(known.said(topic("get"))) == attempt + 1
            await overdue(known, 0.2)
            document = {"state": {"reported": {"on": False}}, "version": 6, "clientToken": token(known)}
            await known.hear(topic("get/accepted"), document)
            assert len(known.said(topic("update"))) == attempt + 2
    assert [(line["event"], line["code"]) for line in logs] == [("shadow refused", code)]
    assert len(logs[0]["reason"]) == 200
    assert known.shadows.refused == {"heater": (code, logs[0]["reason"])}
    await known.hear(topic("update/accepted"), {"state": {}, "version": 7, "clientToken": token(known, "update")})
    assert known.shadows.refused == {}


async def test_a_bad_request_is_never_repeated_and_stops_nothing_else(known):
    known.shadows.is_now("heater/on", True)
    with capture_logs() as logs:
        await known.hear(
            topic("update/rejected"), {"code": 400, "message": "odd", "clientToken": token(known, "update")}
        )
        document = {"state": {"reported": {"on": False}}, "version": 6, "clientToken": token(known)}
        await known.hear(topic("get/accepted"), document)
        for _ in range(3):
            await overdue(known, 1000)
    assert len(known.said(topic("update"))) == 1
    known.shadows.is_now("heater/other", 1.0)
    assert known.said(topic("update"))[-1]["state"] == {"reported": {"other": 1.0}}
    assert [line["code"] for line in logs] == [400]


async def test_a_service_that_always_sees_a_conflict_is_not_asked_for_ever(known):
    known.shadows.is_now("heater/on", True)
    for _ in range(20):
        await known.hear(topic("update/rejected"), {"code": 409, "clientToken": token(known, "update")})
        document = {"state": {"reported": {"on": False}}, "version": 6, "clientToken": token(known)}
        await known.hear(topic("get/accepted"), document)
    asked = len(known.said(topic("update")))
    assert asked < 10
    await overdue(known, 1000)
    document = {"state": {"reported": {"on": False}}, "version": 6, "clientToken": token(known)}
    await known.hear(topic("get/accepted"), document)
    assert len(known.said(topic("update"))) == asked + 1


async def test_a_deleted_shadow_comes_back_from_the_device(known):
    await known.hear(topic("delete/accepted"), {"version": 5, "timestamp": 1})
    await known.hear(topic("get/rejected"), {"code": 404, "clientToken": token(known)})
    assert known.said(topic("update"))[-1]["state"] == {"reported": {"on": False}}


async def test_shadows_of_others_under_our_name_are_nothing_to_us(known):
    for tail in ("get/accepted", "update/delta", "update/rejected", "delete/accepted"):
        await known.hear(topic(tail, "nobody"), {"state": {"on": True}, "version": 9, "code": 400})
    assert known.wishes == []
    assert not known.downlink.rejected


async def test_a_device_that_is_only_read_has_a_shadow_with_its_last_values(station):
    await station.connect()
    await station.hear(topic("get/rejected", "room"), {"code": 404, "clientToken": token(station, device="room")})
    quality = {"quality": Quality.BAD, "reason": Reason.RANGE}
    readings = [Reading("room/temperature", 20.5, 1, 1), Reading("room/humidity", 101.0, 1, 1, **quality)]
    station.shadows.read("room", readings)
    (update,) = station.said(topic("update", "room"))
    assert update["state"] == {"reported": {"temperature": 20.5, "_bad": {"humidity": "range"}}}


async def test_a_version_conflict_is_settled_at_once(known):
    known.shadows.is_now("heater/on", True)
    await known.hear(topic("update/rejected"), {"code": 409, "clientToken": token(known, "update")})
    assert len(known.said(topic("get"))) == 2
    document = {"state": {"reported": {"on": False}}, "version": 9, "clientToken": token(known)}
    await known.hear(topic("get/accepted"), document)
    assert known.said(topic("update"))[-1]["state"] == {"reported": {"on": True}}


async def test_a_wish_that_the_disk_does_not_take_is_asked_for_again_when_it_is_due(known):
    known.disk_fails = True
    await known.hear(topic("update/delta"), {"state": {"on": True}, "version": 6})
    assert known.wishes == []
    assert not known.task.done()
    known.disk_fails = False
    await overdue(known)
    document = {"state": {"reported": {"on": False}, "delta": {"on": True}}, "version": 6, "clientToken": token(known)}
    await known.hear(topic("get/accepted"), document)
    assert known.wishes == [("heater", "on", True)]


async def test_every_connection_fetches_anew_however_short_the_outage_was(known):
    await known.connect()
    assert len(known.said(topic("get"))) == 1
    assert not known.shadows.devices["heater"].settled


async def test_whoever_follows_the_shadows_is_told_of_every_step(known):
    seen = []
    known.shadows.changed = lambda device: seen.append((device, known.shadows.devices[device].settled))
    known.shadows.is_now("heater/on", True)
    accepted = {"state": {"reported": {"on": True}}, "version": 6, "clientToken": token(known, "update")}
    await known.hear(topic("update/accepted"), accepted)
    assert seen == [("heater", False), ("heater", True)]


async def test_documents_of_others_are_not_subscribed_to(station):
    await station.connect()
    assert not any("documents" in one or one.endswith(("/get", "/update")) for one in station.session.topics)
