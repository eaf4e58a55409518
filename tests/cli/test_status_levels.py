"""What `edgetwin status` says of the objectives and of the modes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.status import lines
from gateway.cli.status_levels import NAMED_MAX
from tests.cli.test_status_command import COUNTS, DOCUMENT

OBJECTIVES = {"latency": 0.5, "freshness": 30.0, "conflict_rate": 0.001, "availability": 0.999}
KEPT = {
    "since_s": 180.0,
    "latency_p50_s": 0.012,
    "latency_p99_s": 0.034,
    "freshness_s": 0.4,
    "conflict_rate": 0.0,
    "availability": 1.0,
    "planned_s": 0.0,
    "breached": [],
}
WHY = "freshness 1 s, read every 5 s: not more than once within it"


def shown(level=KEPT, series=None):
    document = DOCUMENT | {"levels": {"room": KEPT, "heater": level}, "objectives": OBJECTIVES}
    return " ".join(" ".join(lines(document | ({} if series is None else {"series": series}))).split())


def test_objectives_are_said_also_where_all_are_kept():
    asked = "objectives kept by 2 of 2: latency p99 500 ms, 30 s old, conflicts 0.1 %, 99.9 % available"
    assert asked in shown()


def test_a_device_is_told_by_the_same_figures():
    assert "in_sync for 3 min latency 12/34 ms, 0.4 s old, conflicts 0 %, 100 % available" in shown()


def test_every_line_fits_as_it_is_meant():
    document = DOCUMENT | {"levels": {"room": KEPT, "heater": KEPT}, "objectives": OBJECTIVES}
    document |= {"series": {"room/temperature": COUNTS | {"mode": "realtime", "mode_why": WHY}}}
    shown = lines(document)
    assert "             latency 12/34 ms, 0.4 s old, conflicts 0 %, 100 % available" in shown
    assert "auto         chose realtime for room/temperature:" in shown
    assert f"             {WHY}" in shown


def test_a_thermostat_has_a_line_too():
    document = DOCUMENT | {"sync": DOCUMENT["sync"] | {"climate": "conflicted"}}
    assert any(line.split() == ["climate", "thermostat", "conflicted"] for line in lines(document))


def test_a_breach_is_told_at_the_device_and_in_the_count():
    said = shown(KEPT | {"conflict_rate": 0.025, "breached": ["conflict_rate"]})
    assert "conflicts 2.5 %, 100 % available BREACHED: conflicts over 0.1 %" in said
    assert "kept by 1 of 2" in said


def test_what_is_not_known_yet_is_left_out():
    unknown = dict.fromkeys(("latency_p50_s", "latency_p99_s", "freshness_s", "availability"))
    assert "offline for 3 min: GPIO27: not open conflicts 0 % objectives" in shown(KEPT | unknown)


@given(st.floats(0.0, 1.0))
def test_no_availability_looks_better_than_it_is(share):
    said = shown(KEPT | {"availability": share, "breached": []})
    told = said.partition("heater digital_output down offline")[2].partition(" % available")[0].rpartition(" ")[2]
    assert float(told) / 100 <= share + 1e-12
    assert float(told) / 100 >= share - 1.1e-4


def test_the_mode_of_a_channel_is_shown_and_why_auto_chose_it():
    series = {
        "room/temperature": COUNTS | {"mode": "realtime", "mode_why": WHY},
        "room/humidity": COUNTS | {"mode": "event", "mode_why": "configured"},
    }
    said = shown(series=series)
    assert "room/temperature - realtime 3 of 20 waiting" in said
    assert "room/humidity - event 3 of 20 waiting" in said
    assert f"auto chose realtime for room/temperature: {WHY}" in said
    assert "configured" not in said


@pytest.mark.parametrize(
    ("channels", "who"),
    [(NAMED_MAX, "rack/c0, rack/c1, rack/c2"), (NAMED_MAX + 1, f"rack/c0 and {NAMED_MAX} more")],
)
def test_channels_of_one_mode_and_reason_share_a_line(channels, who):
    series = {f"rack/c{number}": COUNTS | {"mode": "realtime", "mode_why": WHY} for number in range(channels)}
    said = shown(series=series)
    assert said.count("auto chose") == 1
    assert f"auto chose realtime for {who}: " in said
