"""Rules at times of day and at intervals: what the clock does, and what it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.core.schedule import Calendar
from gateway.core.settings_rules import Day
from tests.core.rulebook import Book, rule, when

ON, OFF = {"pump/on": True}, {"pump/on": False}
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC).timestamp()
"""A Monday."""
HOUR, DAY = 3600.0, 86_400.0


def test_at_a_time_of_day_once_a_day():
    book = Book(rule(at=("13:00",)), wall_s=NOON)
    assert book.at(HOUR - 1) == []
    assert book.at(HOUR + 1) == [(HOUR, "fill", "fired", ON)]
    assert book.at(2 * HOUR) == []
    assert book.at(DAY + HOUR) == [(DAY + HOUR, "fill", "fired", ON)]


def test_on_its_days_only():
    book = Book(rule(at=("13:00",), days=(Day.WED, Day.THU)), wall_s=NOON)
    fired = [found[0][0] / DAY for hour in range(1, 24 * 8) if (found := book.at(hour * HOUR))]
    assert [round(day, 2) for day in fired] == [2.04, 3.04]


def test_while_the_clock_is_not_known_nothing_happens_and_then_within_the_grace():
    book = Book(rule(at=("12:05",)), kept={"fill": [NOON - DAY + 300]})
    assert book.at(600) == []
    book.wall_s = NOON - 600 + 301  # It becomes known at one second past.
    assert [what for _, _, what, _ in book.at(600.5)] == ["fired"]
    assert book.at(2 * HOUR) == []


def test_a_time_before_the_clock_was_first_known_is_not_made_up_for():
    book = Book(rule(at=("11:59",)), wall_s=NOON)
    assert book.at(60) == []


def test_a_step_back_does_not_fire_twice():
    book = Book(rule(at=("12:10",)), wall_s=NOON)
    assert len(book.at(601)) == 1
    book.wall_s -= 300
    assert book.at(602) == []
    assert book.at(1200) == []
    assert len(book.at(DAY + 1200)) == 1


def test_a_step_forward_over_the_time_fires_once_within_the_grace():
    book = Book(rule(at=("12:10", "12:12")), wall_s=NOON)
    book.wall_s += 900
    assert [what for _, _, what, _ in book.at(1)] == ["fired"]
    assert book.at(2) == []


def test_beyond_the_grace_it_is_missed_and_said_once():
    book = Book(rule(at=("12:10",)), wall_s=NOON)
    book.wall_s += 2 * HOUR
    assert [what for _, _, what, _ in book.at(1)] == ["missed"]
    assert book.at(2) == []
    assert book.book.rules["fill"].missed_s == NOON + 600


def test_what_was_missed_by_a_wrong_clock_is_kept_when_the_clock_is_right_again():
    book = Book(rule(at=("12:10",)), wall_s=NOON)
    book.wall_s += 400 * DAY
    assert [what for _, _, what, _ in book.at(1)] == ["missed"]
    book.wall_s -= 400 * DAY
    book.at(2)
    assert [what for _, _, what, _ in book.at(601)] == ["fired"]


def test_a_restart_within_the_grace_neither_forgets_nor_repeats():
    first = Book(rule(at=("12:10",)), wall_s=NOON)
    first.at(601)
    kept = {"fill": first.book.rules["fill"].timetable.kept}
    assert Book(rule(at=("12:10",)), wall_s=NOON + 620, kept=kept).at(1) == []
    yesterday = {"fill": [NOON + 600 - DAY]}
    started = Book(rule(at=("12:10",)), wall_s=NOON + 620, kept=yesterday)
    assert [one.kind for one in started.happened] == ["fired"]


def test_a_condition_is_judged_at_that_time_alone():
    book = Book(rule(at=("12:10", "12:20"), when=when(below=20.0, stale_after_s=HOUR)), wall_s=NOON)
    book.read(1, 30.0)
    assert book.at(601) == []
    assert book.read(700, 10.0) == []
    assert book.at(1201) == [(1200, "fill", "fired", ON)]


def test_what_a_time_set_lasts_and_then_comes_the_other():
    book = Book(rule(at=("12:10",), lasts_s=120.0, otherwise=OFF), wall_s=NOON)
    assert book.at(601) + book.at(2000) == [(600, "fill", "fired", ON), (720, "fill", "released", OFF)]


def test_an_interval_needs_no_clock_and_a_restart_moves_nothing():
    book = Book(rule(every_s=900.0, lasts_s=30.0, otherwise=OFF))
    times = [(at_s, what) for at_s, _, what, _ in book.at(899) + book.at(900) + book.at(930) + book.at(1800)]
    assert times == [(900, "fired"), (930, "released"), (1800, "fired")]


def test_after_a_sleep_of_the_machine_an_interval_fires_once():
    book = Book(rule(every_s=60.0))
    assert len(book.at(3601)) == 1
    assert book.at(3659) == []
    assert len(book.at(3660)) == 1


def test_an_interval_with_days_waits_for_the_clock():
    book = Book(rule(every_s=60.0, days=(Day.MON,)))
    assert book.at(60) == []
    book.wall_s = NOON
    assert len(book.at(120)) == 1
    book.wall_s = NOON + DAY
    assert book.at(180) == []


def test_a_window_of_the_day_is_a_condition_and_follows_a_clock_that_is_set():
    book = Book(rule(when=when(channel=None, between="12:10 to 12:20"), otherwise=OFF), wall_s=NOON)
    assert book.at(1500) == [(600, "fill", "fired", ON), (1200, "fill", "released", OFF)]
    book.wall_s -= 800
    assert [what for _, _, what, _ in book.at(1560)] == ["fired"]
    book.wall_s = None
    assert [what for _, _, what, _ in book.at(1621)] == ["released"]


def test_a_time_by_the_sun_in_a_zone_over_the_change_of_the_clocks():
    berlin = ZoneInfo("Europe/Berlin")

    def sun(day, _event):
        return datetime(day.year, day.month, day.day, 5, 0, tzinfo=UTC).timestamp()

    start = datetime(2026, 3, 28, 12, 0, tzinfo=berlin)
    book = Book(rule(at=("sunrise-30m",)), wall_s=start.timestamp(), calendar=Calendar(berlin, sun))
    [(at_s, *_)] = book.at(DAY)
    assert start.astimezone(UTC) + timedelta(seconds=at_s) == datetime(2026, 3, 29, 4, 30, tzinfo=UTC)


def test_what_is_set_at_a_time_does_not_push_aside_who_is_more_urgent():
    book = Book(
        rule("leak", when=when(channel="floor/wet", equals=True, stale_after_s=HOUR), then=OFF, priority=1),
        rule("daily", at=("12:10",)),
        wall_s=NOON,
    )
    book.read(1, True, "floor/wet")
    assert book.at(601) == [(600, "daily", "fired", {})]
    assert book.wanted == OFF
