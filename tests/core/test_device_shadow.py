"""A device's shadow as the gateway keeps it: the protocol of the AWS device shadow, message by message."""

from __future__ import annotations

import pytest

from gateway.core.device_shadow import DeviceShadow, Phase, Reaction, Wish
from tests.fakes.shadow_service import Pair, known


def test_the_worked_example_message_by_message():
    shadow = DeviceShadow()
    shadow.is_now("relay", False)
    shadow.is_now("fan", 0)
    shadow.connected("b1")
    assert shadow.next_request() == ("get", {"clientToken": "b1-1"})
    assert shadow.next_request() is None
    assert shadow.on_get_rejected(404, "b1-1") is Reaction.AGAIN
    state = {"reported": {"relay": False, "fan": 0}}
    assert shadow.next_request() == ("update", {"state": state, "clientToken": "b1-2"})
    shadow.on_update_accepted({"state": state, "version": 1}, "b1-2")
    assert shadow.next_request() is None
    # An app sets desired.
    wishes = shadow.on_delta({"state": {"relay": True, "fan": 900}, "version": 2})
    assert wishes == [Wish("relay", True), Wish("fan", 900)]
    for wish in wishes:
        shadow.wanted(wish)
    # The relay is done, the fan is still spinning up.
    shadow.is_now("relay", True)
    assert shadow.next_request() == ("update", {"state": {"reported": {"relay": True}}, "clientToken": "b1-3"})
    # The difference that is left is repeated, and is in progress already.
    assert shadow.on_delta({"state": {"fan": 900}, "version": 3}) == []
    shadow.on_update_accepted({"state": {"reported": {"relay": True}}, "version": 3}, "b1-3")
    assert shadow.next_request() is None
    shadow.is_now("fan", 900)
    assert shadow.next_request() == ("update", {"state": {"reported": {"fan": 900}}, "clientToken": "b1-4"})
    shadow.on_update_accepted({"state": {"reported": {"fan": 900}}, "version": 4}, "b1-4")
    assert shadow.settled


def test_a_shadow_that_does_not_exist_is_made_by_reporting_everything():
    assert known(on=False, level=3.5).reported == {"on": False, "level": 3.5}


def test_a_device_of_which_nothing_is_known_yet_makes_no_shadow():
    pair = Pair()
    pair.settle()
    assert not pair.service.document.exists
    pair.shadow.is_now("on", False)
    pair.settle()
    assert pair.reported == {"on": False}


def test_a_channel_that_is_gone_is_removed_from_the_document():
    pair = known(on=False)
    pair.service.update({"state": {"reported": {"old": 1, "older": {"deep": True}}}})
    pair.shadow.connected("again")
    pair.settle()
    assert pair.reported == {"on": False}


def test_only_what_differs_is_reported():
    pair = known(on=False, level=3.0)
    pair.shadow.is_now("level", 4.0)
    assert pair.shadow.next_request().document["state"] == {"reported": {"level": 4.0}}


def test_while_an_answer_is_missing_changes_are_conflated():
    pair = known(level=0.0)
    pair.shadow.is_now("level", 1.0)
    request = pair.shadow.next_request()
    for value in (2.0, 3.0, 4.0):
        pair.shadow.is_now("level", value)
        assert pair.shadow.next_request() is None
    pair.deliver(pair.service.answer(request))
    assert pair.reported == {"level": 4.0}
    assert pair.service.document.version == 3


def test_a_version_conflict_fetches_the_document_at_once_and_reports_anew():
    pair = known(on=False)
    pair.shadow.is_now("on", True)
    token = pair.shadow.next_request().document["clientToken"]
    assert pair.shadow.on_update_rejected(409, token) is Reaction.AGAIN
    assert pair.shadow.next_request().kind == "get"


@pytest.mark.parametrize("code", [401, 403, 415, 429, 500, 0])
def test_another_refusal_is_not_answered_by_asking_again_at_once(code):
    for kind in ("get", "update"):
        pair = known(on=False) if kind == "update" else Pair()
        pair.shadow.is_now("on", True)
        request = pair.shadow.next_request()
        assert request.kind == kind
        rejected = pair.shadow.on_get_rejected if kind == "get" else pair.shadow.on_update_rejected
        assert rejected(code, request.document["clientToken"]) is Reaction.LATER
        assert pair.shadow.waits
        pair.shadow.is_now("on", False)
        assert pair.shadow.next_request() is None
        pair.shadow.no_answer()
        assert pair.shadow.next_request().kind == "get"


def test_a_missing_answer_makes_the_document_fetched_again():
    pair = known(on=False)
    pair.shadow.is_now("on", True)
    lost = pair.shadow.next_request()
    pair.shadow.no_answer()
    pair.settle()
    assert pair.reported == {"on": True}
    # The lost one comes after all: its answer belongs to nobody.
    version = pair.service.document.version
    pair.deliver(pair.service.answer(lost))
    assert pair.shadow.settled
    assert pair.service.document.version == version + 1


@pytest.mark.parametrize(
    ("tail", "document"),
    [
        ("get/accepted", {"state": {"reported": {"on": True}, "delta": {"on": True}}, "version": 1}),
        ("get/rejected", {"code": 404}),
        ("get/rejected", {"code": 400}),
        ("update/rejected", {"code": 413}),
        ("update/accepted", {"state": {"desired": {}}, "version": 2}),
    ],
)
@pytest.mark.parametrize("token", ["", "another", "s-1"])
def test_answers_to_others_change_nothing_and_do_not_end_the_wait_for_ours(tail, document, token):
    pair = known(on=False)
    pair.shadow.is_now("on", True)
    request = pair.shadow.next_request()
    assert pair.hear(tail, document | {"clientToken": token}) == []
    assert pair.shadow.on_update_rejected(409, token) is Reaction.NONE
    assert pair.shadow.on_get_rejected(404, token) is Reaction.NONE
    assert pair.shadow.waits
    assert pair.shadow.next_request() is None
    pair.deliver(pair.service.answer(request))
    assert pair.shadow.settled
    assert pair.reported == {"on": True}


def test_a_document_that_is_deleted_while_connected_comes_back_from_the_device():
    pair = known(on=False, level=3.0)
    pair.deliver(pair.service.desire(level=99))
    pair.shadow.refuse("level", 99, "OUT_OF_RANGE")
    pair.settle()
    pair.deliver(pair.service.delete())
    assert pair.service.document.exists
    assert pair.reported == {"on": False, "level": 3.0}
    assert pair.service.document.desired == {}
    assert pair.shadow.settled


@pytest.mark.parametrize("step", ["get", "update"])
def test_a_deletion_while_an_answer_is_missing_waits_for_it_and_is_then_looked_at(step):
    pair = Pair(on=False) if step == "get" else known(on=False)
    pair.service.update({"state": {"reported": {"on": False}}})
    pair.shadow.is_now("on", True)
    request = pair.shadow.next_request()
    assert request.kind == step
    answer = pair.service.answer(request)
    for message in pair.service.delete():
        pair.hear(*message)
    assert pair.shadow.next_request() is None
    pair.deliver(answer)
    assert pair.reported == {"on": True}
    assert pair.shadow.settled


def test_a_channel_that_cannot_be_read_says_so_beside_its_last_value():
    pair = known(level=3.0)
    pair.shadow.is_bad("level", "range")
    pair.settle()
    assert pair.reported == {"level": 3.0, "_bad": {"level": "range"}}
    pair.shadow.is_now("level", 3.0)
    pair.settle()
    assert pair.reported == {"level": 3.0}


def test_the_phases_are_passed_in_order():
    pair = Pair(on=False)
    phases = [pair.shadow.phase]
    request = pair.shadow.next_request()
    phases.append(pair.shadow.phase)
    pair.hear(*pair.service.answer(request)[0])
    phases.append(pair.shadow.phase)
    assert phases == [Phase.UNKNOWN, Phase.ASKED, Phase.KNOWN]
    assert not pair.shadow.settled
