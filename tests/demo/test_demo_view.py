"""What the audience sees: plain lines, and one screen that fits every terminal."""

from __future__ import annotations

import io
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.live import Live
from rich.text import Text

from demo.live import LiveView, screen, shown_value
from demo.numbers import (
    DaemonNow,
    GatewayNow,
    Latency,
    Link,
    Readings,
    Received,
    SeriesNow,
    ShadowNow,
    Snapshot,
    StateNow,
)
from demo.summary import Heater, ReadingsSummary, Summary, lines
from demo.view import NUMBERS_EVERY_S, PlainView, numbers, open_view

NAMES = (
    "air/pm1", "air/pm10", "air/pm2_5", "door/closed", "heater/on",
    "room/humidity", "room/temperature", "soil/light", "soil/moisture",
)  # fmt: skip


def snapshot(waiting=7, link="connected", delta=None):
    return Snapshot(
        DaemonNow(
            epoch="3f2a9c1b7d10e644-1",
            link=Link(state=link),
            readings=Readings(taken=100, suppressed=10, shed=0, acknowledged=90 - waiting, waiting=waiting),
            balanced=True,
            devices={},
            sync={},
        ),
        GatewayNow(online=True, epoch="3f2a9c1b7d10e644-1", readings=Received(83, 5, 0, 0), latency_ms=Latency()),
        StateNow(
            series={name: SeriesNow(21.456789, "Cel", 0.7, "good") for name in NAMES},
            shadows={"climate": ShadowNow({"setpoint": 22}, {"setpoint": 18}, delta or {})},
        ),
    )


def summary(ok=True):
    return Summary(
        ReadingsSummary(100, 10, 90, 0, 0, 0, 0, 0),
        Latency(4.1, 12.5),
        16.1,
        Heater(18.2, 20.6),
        2_600_000,
        45.9,
        ok,
    )


class Clock:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


def drawn(now, log, width, height, title="act 2 of 5: the link is cut"):
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=False)
    console.print(screen(title, now, deque(map(Text, log)), width, height))
    return console.file.getvalue().splitlines()


def test_a_screen_of_80_by_24_shows_everything():
    shown = "\n".join(drawn(snapshot(), [f"line {number}" for number in range(40)], 80, 24))
    for word in (
        *NAMES,
        "link     connected",
        "7 waiting",
        "100 taken",
        "83 received",
        "asked 22, reported 18",
        "line 39",
    ):
        assert word in shown


@given(st.integers(20, 200), st.integers(10, 60), st.integers(0, 60), st.sampled_from([Snapshot(), snapshot()]))
def test_no_screen_is_larger_than_the_terminal(width, height, log_lines, now):
    rows = drawn(now, ["a line that is rather long " * 10] * log_lines, width, height)
    assert len(rows) <= max(height - 1, 13)
    assert all(len(row) <= width for row in rows)


def test_a_narrow_screen_shows_the_numbers_and_leaves_the_readings_out():
    shown = "\n".join(drawn(snapshot(), ["last"], 50, 24))
    assert "7 waiting" in shown
    assert "last" in shown
    assert NAMES[0] not in shown


def test_a_gateway_that_is_down_is_shown_as_such():
    assert "does not answer" in "\n".join(drawn(Snapshot(), [], 80, 24))


@pytest.mark.parametrize(
    ("value", "shown"),
    [(True, "yes"), (False, "no"), (21.456789, "21.46"), (1.23456e-08, "1.235e-08"), ("x" * 20, "x" * 9)],
)
def test_every_value_fits_its_column(value, shown):
    assert shown_value(SeriesNow(value, "", 0.0, "good")) == shown


def test_the_live_view_ends_with_the_failed_claims_and_the_summary():
    console = Console(file=io.StringIO(), width=80, height=24, force_terminal=True)
    with Live(console=console, auto_refresh=False) as live:
        view = LiveView(live, Clock())
        view.act(1, "first")
        view.tell("something happened")
        view.claim("all is well", True)
        view.claim("nothing is broken", False)
        view.show(snapshot())
        console.file.truncate(0)
        view.end(summary(ok=False), snapshot())
    last = console.file.getvalue()
    assert "THE STORY DID NOT HOLD" in last
    assert "nothing is broken" in last
    assert "100 taken" in last
    assert "something happened" not in last


def test_plain_lines_say_when_what_happened():
    output, clock = io.StringIO(), Clock()
    view = PlainView(output, clock)
    view.act(1, "readings flow")
    clock.now_s = 12.25
    view.tell("something happened")
    view.claim("all is well", True)
    view.claim("nothing is broken", False)
    assert output.getvalue().splitlines() == [
        "  0.0s  act 1: readings flow",
        " 12.2s    something happened",
        " 12.2s    ok: all is well",
        " 12.2s    FAILED: nothing is broken",
    ]


def test_plain_numbers_come_now_and_then():
    output, clock = io.StringIO(), Clock()
    view = PlainView(output, clock)
    for step in range(9):
        clock.now_s = step * NUMBERS_EVERY_S / 4
        view.show(snapshot())
    assert len(output.getvalue().splitlines()) == 2


def test_numbers_say_what_is_known():
    assert numbers(Snapshot()) == "starting"
    told = numbers(snapshot(link="waiting"))
    assert told == "link waiting; 100 taken, 7 waiting, 83 acknowledged; twin: 83 received, 0 missing"


def test_the_summary_for_people_fits_and_says_what_was_not_measured():
    unknown = Summary(
        ReadingsSummary(1, 0, 0, 1, 0, None, None, None), Latency(), None, Heater(None, None), 0, 0.0, False
    )
    for one in (summary(), unknown):
        assert all(len(line) <= 79 for line in lines(one, snapshot()))
    assert "? lost, ? duplicated, ? out of order" in "\n".join(lines(unknown, Snapshot()))


@pytest.mark.parametrize("json", [True, False])
def test_where_no_terminal_is_lines_are_plain(json):
    with open_view(json=json) as view:
        assert isinstance(view, PlainView)
