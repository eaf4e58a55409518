"""The shadow service over topics: who is told what, and what is kept."""

from __future__ import annotations

import json

import pytest

from gateway.core.shadow import ShadowDocument
from tests.twin.builders import NOW_S, sent, shadow, status
from twin import shadows
from twin.changes import SHADOWS, Changes
from twin.handlers import handle
from twin.messages import RefusedError
from twin.model import Model
from twin.topics import Kind

NOW = int(NOW_S)
THING = "edgetwin/things/g/shadow/name/room"


@pytest.fixture
def model():
    """A twin that has heard of the gateway `g`."""
    made = Model()
    handle(made, status("online"), Changes(), ["edgetwin"])
    return made


def ask(model, kind, payload=b"", *, prefixes=("edgetwin",), **options):
    changes = Changes()
    handle(model, shadow(kind, payload, **options), changes, prefixes)
    return sent(changes)


def desired(**state):
    return {"state": {"desired": state}}


def test_a_get_of_what_does_not_exist_is_rejected(model):
    assert ask(model, Kind.SHADOW_GET, {"clientToken": "b1-0"}) == [
        (
            f"{THING}/get/rejected",
            {
                "code": 404,
                "message": "No shadow exists with name: 'room'",
                "timestamp": NOW,
                "clientToken": "b1-0",
            },
        )
    ]


def test_a_report_is_accepted_without_a_delta(model):
    request = {"state": {"reported": {"relay": False, "fan": {"rpm": 0}}}, "clientToken": "b1-1"}
    documents, accepted = ask(model, Kind.SHADOW_UPDATE, request)
    stamp = {"timestamp": NOW}
    metadata = {"reported": {"relay": stamp, "fan": {"rpm": stamp}}}
    assert accepted == (
        f"{THING}/update/accepted",
        request | {"metadata": metadata, "version": 1, "timestamp": NOW},
    )
    assert documents[0] == f"{THING}/update/documents"
    assert documents[1]["previous"] == {"state": {}, "metadata": {}, "version": 0}
    assert documents[1]["current"] == {"state": request["state"], "metadata": metadata, "version": 1}
    assert documents[1]["clientToken"] == "b1-1"


def test_a_difference_is_told_after_every_update(model):
    ask(model, Kind.SHADOW_UPDATE, {"state": {"reported": {"relay": False, "rpm": 0}}})
    delta, *_ = ask(model, Kind.SHADOW_UPDATE, desired(relay=True, rpm=900))
    assert delta == (
        f"{THING}/update/delta",
        {
            "state": {"relay": True, "rpm": 900},
            "metadata": {"relay": {"timestamp": NOW}, "rpm": {"timestamp": NOW}},
            "version": 2,
            "timestamp": NOW,
        },
    )
    request = shadow(Kind.SHADOW_UPDATE, {"state": {"reported": {"relay": True}}}, received_s=NOW_S + 5)
    changes = Changes()
    handle(model, request, changes, ["edgetwin"])
    delta = sent(changes)[0][1]
    assert (delta["state"], delta["version"]) == ({"rpm": 900}, 3)
    assert delta["metadata"] == {"rpm": {"timestamp": NOW}}
    topics = [topic for topic, _ in ask(model, Kind.SHADOW_UPDATE, {"state": {"reported": {"rpm": 900}}})]
    assert topics == [f"{THING}/update/documents", f"{THING}/update/accepted"]


def test_a_get_shows_the_document_and_what_differs(model):
    ask(model, Kind.SHADOW_UPDATE, {"state": {"desired": {"a": 1, "b": [1, 2]}, "reported": {"a": 1}}})
    ((topic, answer),) = ask(model, Kind.SHADOW_GET)
    stamp = {"timestamp": NOW}
    assert topic == f"{THING}/get/accepted"
    assert answer == {
        "state": {"desired": {"a": 1, "b": [1, 2]}, "reported": {"a": 1}, "delta": {"b": [1, 2]}},
        "metadata": {"desired": {"a": stamp, "b": [stamp, stamp]}, "reported": {"a": stamp}},
        "version": 1,
        "timestamp": NOW,
    }


def test_what_is_removed_is_echoed_with_its_time(model):
    ask(model, Kind.SHADOW_UPDATE, desired(a=1))
    *_, (_, accepted) = ask(model, Kind.SHADOW_UPDATE, desired(a=None))
    assert accepted["state"] == {"desired": {"a": None}}
    assert accepted["metadata"] == {"desired": {"a": {"timestamp": NOW}}}
    *_, (_, accepted) = ask(model, Kind.SHADOW_UPDATE, {"state": {"desired": None}})
    assert (accepted["state"], accepted["metadata"]) == ({"desired": None}, {})
    *_, (_, accepted) = ask(model, Kind.SHADOW_UPDATE, {"state": None})
    assert (accepted["state"], accepted["version"]) == (None, 4)


def test_a_stale_update_is_rejected_and_changes_nothing(model):
    ask(model, Kind.SHADOW_UPDATE, desired(a=1))
    ((topic, answer),) = ask(model, Kind.SHADOW_UPDATE, desired(a=2) | {"version": 9, "clientToken": "t"})
    assert topic == f"{THING}/update/rejected"
    assert (answer["code"], answer["clientToken"]) == (409, "t")
    assert model.gateways["g"].shadows["room"].desired == {"a": 1}


def test_a_deleted_shadow_keeps_counting(model):
    ask(model, Kind.SHADOW_UPDATE, desired(a=1))
    ((topic, answer),) = ask(model, Kind.SHADOW_DELETE, {"clientToken": "t"})
    assert topic == f"{THING}/delete/accepted"
    assert answer == {"version": 1, "timestamp": NOW, "clientToken": "t"}
    assert ask(model, Kind.SHADOW_GET)[0][0] == f"{THING}/get/rejected"
    assert ask(model, Kind.SHADOW_DELETE)[0][0] == f"{THING}/delete/rejected"
    *_, (_, accepted) = ask(model, Kind.SHADOW_UPDATE, desired(a=2))
    assert accepted["version"] == 2


@pytest.mark.parametrize("kind", [Kind.SHADOW_GET, Kind.SHADOW_UPDATE, Kind.SHADOW_DELETE])
def test_rubbish_is_rejected(model, kind):
    for rubbish, code in ((b"{", 400), (b"\xff{", 415)):
        ((topic, answer),) = ask(model, kind, rubbish)
        assert topic == f"{THING}/{kind}/rejected"
        assert answer["code"] == code


def test_the_asker_is_answered_under_its_prefix_and_everybody_told_under_all(model):
    told = ask(model, Kind.SHADOW_UPDATE, desired(a=1), prefix="$aws", prefixes=("edgetwin", "$aws"))
    assert [topic for topic, _ in told] == [
        f"{THING}/update/delta",
        "$aws/things/g/shadow/name/room/update/delta",
        f"{THING}/update/documents",
        "$aws/things/g/shadow/name/room/update/documents",
        f"{THING}/update/accepted",
        "$aws/things/g/shadow/name/room/update/accepted",
    ]
    told = ask(model, Kind.SHADOW_GET, prefix="$aws", prefixes=("edgetwin", "$aws"))
    assert [topic for topic, _ in told] == ["$aws/things/g/shadow/name/room/get/accepted"]
    told = ask(model, Kind.SHADOW_DELETE, prefix="$aws", prefixes=("edgetwin", "$aws"))
    assert [topic for topic, _ in told] == [
        f"{THING}/delete/accepted",
        "$aws/things/g/shadow/name/room/delete/accepted",
    ]
    assert model.gateways["g"].prefix == "edgetwin"


def test_the_classic_shadow_has_no_name_and_is_missed_by_that_of_its_thing(model):
    ((topic, missing),) = ask(model, Kind.SHADOW_GET, device="")
    assert (topic, missing["message"]) == ("edgetwin/things/g/shadow/get/rejected", "No shadow exists with name: 'g'")
    *_, (topic, accepted) = ask(model, Kind.SHADOW_UPDATE, desired(a=1), device="")
    assert (topic, accepted["version"]) == ("edgetwin/things/g/shadow/update/accepted", 1)
    assert ask(model, Kind.SHADOW_GET)[0][0] == f"{THING}/get/rejected"


@pytest.mark.parametrize("kind", [Kind.SHADOW_GET, Kind.SHADOW_UPDATE, Kind.SHADOW_DELETE])
def test_a_request_that_the_broker_kept_is_refused(model, kind):
    """It would be handed out again on every connection, and be obeyed each time."""
    ask(model, Kind.SHADOW_UPDATE, desired(a=1))
    with pytest.raises(RefusedError, match="must not be retained"):
        ask(model, kind, desired(a=2), retained=True)
    assert model.gateways["g"].shadows["room"].desired == {"a": 1}


def test_every_accepted_change_is_written_down(model):
    changes = Changes()
    handle(model, shadow(Kind.SHADOW_UPDATE, desired(a=1)), changes, ["edgetwin"])
    ((_, device, document),) = changes.rows[SHADOWS].values()
    assert device == "room"
    assert json.loads(document)["desired"] == {"a": 1}


def test_a_shadow_may_come_before_its_gateway():
    model = Model()
    ask(model, Kind.SHADOW_GET)
    assert model.gateways == {}
    ask(model, Kind.SHADOW_UPDATE, desired(a=1))
    assert model.gateways["g"].shadows["room"].version == 1
    assert not model.gateways["g"].last_heard_s


def test_shadows_beyond_the_limit_are_refused(model, monkeypatch):
    monkeypatch.setattr(shadows, "SHADOWS_MAX", 1)
    ask(model, Kind.SHADOW_UPDATE, desired(a=1))
    with pytest.raises(RefusedError, match="shadow 'hall' of 'g' would be one more than 1"):
        ask(model, Kind.SHADOW_UPDATE, desired(a=1), device="hall")
    ask(model, Kind.SHADOW_UPDATE, desired(a=2))
    assert model.gateways["g"].shadows.keys() == {"room"}


def test_a_refused_first_update_makes_no_shadow(model):
    ask(model, Kind.SHADOW_UPDATE, b"{}")
    assert model.gateways["g"].shadows == {}
    assert ShadowDocument() == shadows.NEVER
