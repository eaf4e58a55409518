"""What messages do to the model, and what leaves once it is written."""

from __future__ import annotations

import pytest

from gateway.core.reading import ClockState, Lane, Quality
from tests.twin.builders import EPOCH, NOW_S, PREFIXES, STORE, batch, birth, events, reading, segment, sent, status
from twin import engine, handlers
from twin.changes import EVENTS, NUMBERINGS, Changes
from twin.handlers import handle
from twin.messages import RefusedError
from twin.model import Model


def run(model, *messages):
    """Handle `messages` for one commit."""
    changes = Changes()
    for message in messages:
        handle(model, message, changes, PREFIXES)
    return changes


def after(*messages):
    """The gateway `g` after `messages`, each in a commit of its own."""
    model = Model()
    for message in messages:
        run(model, message)
    return model.gateways["g"]


# Telemetry


def test_a_batch_is_kept_and_acknowledged():
    model = Model()
    changes = run(model, batch(segment(1, 3), segment(1, 1, lane=Lane.HIGH)))
    assert sent(changes, NOW_S + 9) == [
        (
            "edgetwin/things/g/ack",
            {
                "ranges": [[EPOCH, "normal", 1, 3], [EPOCH, "high", 1, 1]],
                "received": NOW_S,
                "sent": NOW_S + 9,
                "accepts": ["zlib", "cbor", "compact"],
            },
        )
    ]
    gateway = model.gateways["g"]
    assert engine.received(gateway.readings()) == 4
    assert gateway.series["room/temperature"].time_s == NOW_S + 3
    assert len(changes.readings) == 4 * 7


def test_what_comes_again_is_acknowledged_and_not_kept_again():
    model = Model()
    run(model, batch(segment(1, 3)))
    changes = run(model, batch(segment(1, 3)))
    assert changes.readings == []
    assert sent(changes)[0][1]["ranges"] == [[EPOCH, "normal", 1, 3]]
    assert model.gateways["g"].duplicates == 3
    assert engine.received(model.gateways["g"].readings()) == 3


def test_every_batch_has_an_acknowledgement_of_its_own():
    changes = run(Model(), batch(segment(1, 3)), batch(segment(4, 5)), batch(segment(1, 3)))
    assert [message["ranges"][0][2:] for _, message in sent(changes)] == [[1, 3], [4, 5], [1, 3]]


def test_holes_and_disorder_are_counted():
    gateway = after(batch(segment(4, 6)), batch(segment(1, 2)), batch(segment(9, 9, backfill=True, time_s=NOW_S)))
    assert engine.missing(gateway.readings()) == 3
    assert gateway.out_of_order == 2


def test_the_same_numbers_of_another_epoch_or_lane_are_other_readings():
    gateway = after(batch(segment(1, 3)), batch(segment(1, 3, epoch=f"{STORE}-3")), batch(segment(1, 3, lane=Lane.LOW)))
    assert (engine.received(gateway.readings()), gateway.duplicates) == (9, 0)


def test_the_latest_value_comes_with_its_quality():
    bad = reading(1, value="open", quality=Quality.BAD, reason="range", unit="")
    first = segment(1, 1)
    first.records[0] = bad
    latest = after(batch(first)).series["room/temperature"]
    assert (latest.value, latest.quality, latest.reason) == ("open", Quality.BAD, "range")


def test_backfill_does_not_replace_the_latest_value():
    gateway = after(batch(segment(5, 5, value=5.0)), batch(segment(1, 4, value=1.0, backfill=True)))
    assert gateway.series["room/temperature"].value == 5.0


def test_latency_is_from_reading_to_commit():
    model = Model()
    run(model, batch(segment(1, 1))).settle(NOW_S + 1.25)
    assert model.gateways["g"].latency.quantile_ms(0.5) == pytest.approx(250, rel=0.03)


@pytest.mark.parametrize("option", [{"backfill": True}, {"clock": ClockState.UNSYNCHRONISED}])
def test_latency_is_not_taken_from_readings_that_cannot_tell(option):
    model = Model()
    run(model, batch(segment(1, 1, **option))).settle(NOW_S + 1.25)
    assert model.gateways["g"].latency.count == 0


def test_acknowledgements_go_to_the_prefix_that_was_used():
    changes = run(Model(), batch(segment(1, 1), prefix="$aws"))
    assert sent(changes)[0][0] == "$aws/things/g/ack"


@pytest.mark.parametrize(
    ("limit", "message"),
    [("SERIES_MAX", "more than 1 series"), ("NUMBERINGS_MAX", "more than 1 lanes and epochs"), ("RANGES_MAX", "holes")],
)
def test_a_batch_beyond_a_limit_is_refused_whole(monkeypatch, limit, message):
    model = Model()
    run(model, batch(segment(1, 1)))
    monkeypatch.setattr(handlers, limit, 1)
    other = {"SERIES_MAX": {"series": "hall/x"}, "NUMBERINGS_MAX": {"lane": Lane.LOW}, "RANGES_MAX": {}}[limit]
    with pytest.raises(RefusedError, match=message):
        run(model, batch(segment(3, 3), segment(5, 5, **other)))
    assert engine.received(model.gateways["g"].readings()) == 1


def test_gateways_beyond_the_limit_are_refused(monkeypatch):
    model = Model()
    run(model, batch(segment(1, 1)))
    monkeypatch.setattr(handlers, "GATEWAYS_MAX", 1)
    with pytest.raises(RefusedError, match="gateway 'h' would be one more than 1"):
        run(model, status("online", gateway="h"))
    run(model, batch(segment(2, 2)))
    assert list(model.gateways) == ["g"]


# Birth and status


def test_a_birth_tells_the_epoch_and_the_ends_of_finished_ones():
    gateway = after(
        batch(segment(1, 3, epoch=f"{STORE}-1")),
        birth(finished={f"{STORE}-1": {"normal": 5, "high": 2, "tea": 9}}),
    )
    assert gateway.epoch == EPOCH
    assert engine.missing(gateway.readings()) == 4
    assert engine.received(gateway.readings()) == 3


def test_what_was_missing_at_an_epochs_end_may_still_come():
    gateway = after(
        birth(finished={f"{STORE}-1": {"normal": 5}}), batch(segment(1, 5, epoch=f"{STORE}-1", backfill=True))
    )
    assert (engine.missing(gateway.readings()), engine.received(gateway.readings())) == (0, 5)


def test_an_earlier_statement_does_not_take_a_later_one_back():
    gateway = after(birth(finished={f"{STORE}-1": {"normal": 5}}), birth(finished={f"{STORE}-1": {"normal": 4}}))
    assert engine.missing(gateway.readings()) == 5


def test_a_statement_that_is_no_news_writes_nothing():
    model = Model()
    run(model, birth(finished={f"{STORE}-1": {"normal": 5}}))
    assert NUMBERINGS not in run(model, birth(finished={f"{STORE}-1": {"normal": 5}})).rows


@pytest.mark.parametrize("last", [-1, 2**60, 10**30])
def test_a_birth_with_an_impossible_end_is_refused(last):
    model = Model()
    with pytest.raises(RefusedError, match="ends beyond"):
        run(model, birth(finished={f"{STORE}-1": {"normal": last}}))
    assert model.gateways == {}


def test_status_says_whether_a_gateway_is_there():
    assert after(status("online")).online
    assert not after(status("online"), status("offline")).online
    assert after(status("online"), status("offline", epoch=f"{STORE}-1")).online


def test_only_what_comes_live_counts_as_heard():
    gateway = after(status("online"), birth(received_s=NOW_S + 50, retained=True))
    assert gateway.last_heard_s == NOW_S


# Events


def test_events_are_kept_once_and_acknowledged_as_ranges():
    model = Model()
    run(model, events(1, 2))
    changes = run(model, events(2, 3, 7))
    assert [row[2] for row in changes.rows[EVENTS].values()] == [3, 7]
    (ack,) = sent(changes)
    assert ack[0] == "edgetwin/things/g/ack"
    assert ack[1]["ranges"] == [[STORE, "events", 2, 3], [STORE, "events", 7, 7]]


def test_events_are_not_counted_as_readings():
    gateway = after(events(5, 9))
    assert (engine.received(gateway.readings()), engine.missing(gateway.readings())) == (0, 0)


def test_an_empty_list_of_events_is_answered():
    assert sent(run(Model(), events()))[0][1]["ranges"] == []
