"""What the gateway believes of a version: of a delta that is late, repeated, forged or from before a restore."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from gateway.core.device_shadow import LEAP_MAX, Wish
from tests.fakes.shadow_service import Pair, ShadowService, known


def test_a_stale_or_repeated_delta_does_nothing():
    pair = known(on=False)
    pair.deliver(pair.service.desire(on=True))
    pair.shadow.is_now("on", True)
    pair.settle()
    version = pair.service.document.version
    for stale in range(version):
        assert pair.shadow.on_delta({"state": {"on": "old"}, "version": stale}) == []
    assert pair.settle() == [Wish("on", True)]
    assert pair.shadow.settled
    assert pair.service.document.version == version


def test_a_delta_that_was_overtaken_is_not_believed_but_makes_the_document_fetched_again():
    """Between it and what overtook it, the wish may have been taken back: then there was no delta to say so."""
    pair = known(on=False)
    delta, _ = pair.service.desire(on=True)
    _, accepted = pair.service.desire(on=True, other=1)
    assert pair.hear(*accepted) == []
    pair.service.desire(on=False, other=None)
    assert pair.hear(*delta) == []
    assert pair.shadow.next_request().kind == "get"


def test_a_delta_counts_although_the_word_of_the_update_came_first():
    """Nothing promises an order between topics."""
    pair = known(on=False)
    delta, accepted = pair.service.desire(on=True)
    assert pair.hear(*accepted) == []
    assert pair.hear(*delta) == [Wish("on", True)]
    assert pair.hear(*delta) == []


@pytest.mark.parametrize("early", [0, 1], ids=["delta", "accepted"])
def test_a_document_that_was_overtaken_while_it_was_fetched_is_fetched_again(early):
    pair = Pair(on=False)
    pair.service.update({"state": {"reported": {"on": False}}})
    answer = pair.service.answer(pair.shadow.next_request())
    assert pair.hear(*pair.service.desire(on=True)[early]) == []
    assert pair.hear(*answer[0]) == []
    assert pair.settle() == [Wish("on", True)]


def test_a_document_that_was_made_while_it_was_fetched_is_fetched_again():
    pair = Pair()
    missing = pair.service.answer(pair.shadow.next_request())
    for message in (*pair.service.desire(on=True), *missing):
        assert pair.hear(*message) == []
    assert pair.settle() == [Wish("on", True)]


def test_a_delta_that_the_document_knows_already_is_not_looked_at_twice():
    pair = Pair(on=False)
    request = pair.shadow.next_request()
    delta, _ = pair.service.desire(on=True)
    assert pair.hear(*delta) == []
    assert pair.hear(*pair.service.answer(request)[0]) == [Wish("on", True)]
    assert pair.hear(*delta) == []


@pytest.mark.parametrize("version", [None, "7", 1.5, True, -1, 10**400])
def test_a_delta_without_a_version_that_can_be_one_does_nothing(version):
    pair = known(on=False)
    assert pair.shadow.on_delta({"state": {"on": True}, "version": version}) == []
    assert pair.shadow.settled


@pytest.mark.parametrize("version", [LEAP_MAX + 2, 2**40, 2**53])
@pytest.mark.parametrize("tail", ["update/delta", "update/accepted"])
def test_a_version_that_leaps_is_not_believed_and_blocks_nothing(tail, version):
    pair = known(on=False)
    assert pair.hear(tail, {"state": {"on": True, "desired": {"on": True}}, "version": version}) == []
    assert pair.settle() == []
    assert pair.shadow.settled
    assert pair.deliver(pair.service.desire(on=True)) == [Wish("on", True)]


@pytest.mark.parametrize("ahead", [2, 10, LEAP_MAX])
def test_a_version_that_nobody_gave_is_found_out_with_the_next_delta(ahead):
    pair = known(on=False)
    pair.hear("update/delta", {"state": {"other": 1}, "version": pair.service.document.version + ahead})
    pair.wishes.clear()
    assert pair.deliver(pair.service.desire(on=True)) == [Wish("on", True)]


def test_an_older_document_that_was_put_back_is_the_truth_also_while_connected():
    pair = known(on=False)
    for number in range(20):
        pair.service.update({"state": {"desired": {"other": number}}})
    old = pair.service.document
    for number in range(20):
        pair.deliver(pair.service.update({"state": {"desired": {"other": 100 + number}}}))
    pair.service.document = old
    pair.wishes.clear()
    assert pair.deliver(pair.service.desire(on=True))[-1:] == [Wish("on", True)]
    pair.service.document = replace(old, reported={})
    pair.shadow.is_now("on", True)
    pair.settle()
    assert pair.reported == {"on": True}
    assert pair.shadow.version == pair.service.document.version


@pytest.mark.parametrize("state", [None, [], "on", 7, {}, {"on": None}])
def test_a_delta_that_says_nothing_is_no_instruction(state):
    assert known(on=False).shadow.on_delta({"state": state, "version": 99}) == []


def test_a_lower_version_in_the_document_is_the_truth():
    """A service that was set up anew counts from 1 again."""
    pair = known(on=False)
    for _ in range(20):
        pair.service.update({"state": {}})
    pair.shadow.connected("again")
    pair.settle()
    pair.service = ShadowService()
    pair.service.update({"state": {"reported": {"on": False}}})
    pair.shadow.connected("later")
    pair.settle()
    assert pair.deliver(pair.service.desire(on=True)) == [Wish("on", True)]


def test_a_delta_from_before_a_deletion_is_found_out():
    """Nothing promises an order between topics; there is no delta to say that nothing is wished any more."""
    pair = known(level=3.0)
    late, _ = pair.service.desire(level=99)
    pair.deliver(pair.service.update({"state": {"reported": {"other": 1}}})[1:])
    pair.deliver(pair.service.delete())
    pair.wishes.clear()
    pair.deliver([late])
    assert pair.wishes == []
    assert pair.reported == {"level": 3.0}


def test_a_count_that_begins_anew_after_a_deletion_is_the_truth():
    pair = known(on=False)
    for _ in range(20):
        pair.deliver(pair.service.update({"state": {}}))
    deleted = pair.service.delete()
    pair.service.document = ShadowService().document
    pair.deliver(deleted)
    assert pair.shadow.version == pair.service.document.version == 1
    pair.wishes.clear()
    assert pair.deliver(pair.service.desire(on=True)) == [Wish("on", True)]
