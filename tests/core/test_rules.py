"""What rules do and do not: edges, `for`, `clear`, what is not known, cooldown, and who has his way."""

from __future__ import annotations

import pytest

from gateway.core.reading import Quality
from gateway.core.rules import RuleBook
from gateway.core.settings_rules import InnerSettings, LeafSettings
from tests.core.rulebook import Book, rule, when

ON, OFF = {"pump/on": True}, {"pump/on": False}


def test_a_rule_fires_when_its_condition_becomes_true_and_not_while_it_stays_so():
    book = Book(rule(when=when(below=20.0)))
    assert book.read(1, 30.0) == []
    assert book.read(2, 19.0) == [(2, "fill", "fired", ON)]
    assert book.read(3, 18.0) == []
    assert book.read(4, 21.0) == [(4, "fill", "released", {})]
    assert book.read(5, 19.0) == [(5, "fill", "fired", ON)]


def test_what_is_already_so_at_the_start_counts_as_having_become_so():
    assert Book(rule(when=when(below=20.0))).read(1, 10.0) == [(1, "fill", "fired", ON)]


def test_the_limit_itself_is_neither_above_nor_below():
    book = Book(rule("low", when=when(below=20.0)), rule("high", when=when(above=20.0)))
    assert book.read(1, 20.0) == []


def test_it_has_to_hold_for_its_time_and_fires_at_the_very_moment():
    book = Book(rule(when=when(below=20.0, for_s=10.0)))
    book.read(1, 10.0)
    assert book.at(10.999) == []
    assert book.at(15) == [(11, "fill", "fired", ON)]


def test_a_break_begins_the_time_anew():
    book = Book(rule(when=when(below=20.0, for_s=10.0)))
    book.read(1, 10.0)
    book.read(9, 30.0)
    book.read(10, 10.0)
    assert book.at(19) == []
    assert book.at(20) == [(20, "fill", "fired", ON)]


def test_clear_keeps_it_true_but_only_once_it_is():
    book = Book(rule(when=when(below=20.0, clear=80.0, for_s=5.0), otherwise=OFF))
    book.read(1, 10.0)
    book.read(3, 50.0)  # Not below 20 for five seconds yet.
    assert book.at(9) == []
    book.read(10, 10.0)
    assert book.at(15) == [(15, "fill", "fired", ON)]
    assert book.read(16, 79.9) == []
    assert book.read(17, 80.0) == [(17, "fill", "released", OFF)]


@pytest.mark.parametrize("quality", [Quality.BAD, Quality.UNCERTAIN])
def test_of_a_reading_that_is_not_good_nothing_is_true(quality):
    book = Book(rule(when=when(below=20.0), otherwise=OFF))
    book.read(1, 10.0)
    assert book.read(2, 10.0, quality=quality) == [(2, "fill", "released", OFF)]


def test_an_old_value_is_not_known_any_more():
    book = Book(rule(when=when(below=20.0), otherwise=OFF), intervals={"tank": 20.0})
    book.read(1, 10.0)
    assert book.at(60.9) == []
    assert book.at(100) == [(61, "fill", "released", OFF)]


def test_silence_is_a_condition_too_also_of_what_was_never_read():
    book = Book(rule(when=when(stale_s=60.0)))
    assert book.at(59) == []
    assert book.at(60) == [(60, "fill", "fired", ON)]
    assert book.read(70, 1.0) == [(70, "fill", "released", {})]
    assert book.at(130) == [(130, "fill", "fired", ON)]


def test_bad_readings_are_a_condition():
    book = Book(rule(when=when(bad=True)))
    assert book.read(1, 1.0) == []
    assert book.read(2, 1.0, quality=Quality.BAD) == [(2, "fill", "fired", ON)]


@pytest.mark.parametrize(("wanted", "found", "fires"), [
    (True, True, True), (True, 1.0, False), (1.0, True, False), (1.0, 1.0, True), ("open", "open", True),
    ("open", 1.0, False),
])  # fmt: skip
def test_equals_tells_kinds_apart(wanted, found, fires):
    assert bool(Book(rule(when=when(equals=wanted))).read(1, found)) == fires


def test_above_and_below_together_are_a_band():
    book = Book(rule(when=when(above=10.0, below=20.0)))
    assert [bool(book.read(second, value)) for second, value in enumerate((5.0, 15.0, 25.0, 20.0), 1)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_combinations_go_two_levels_deep():
    door = LeafSettings(channel="door/closed", equals=False)
    low = LeafSettings(channel="tank/level", below=20.0)
    dark = LeafSettings(channel="light/level", below=1.0)
    book = Book(
        rule(when=when(channel=None, any_=(InnerSettings(all_=(door, low)), InnerSettings(channel="dark/x", bad=True))))
    )
    assert book.read(1, False, "door/closed") == []
    assert book.read(2, 10.0) == [(2, "fill", "fired", ON)]
    both = Book(rule(when=when(channel=None, all_=(InnerSettings(any_=(door, low)), dark), for_s=5.0)))
    both.read(1, 10.0)
    both.read(2, 0.0, "light/level")
    both.read(3, False, "door/closed")
    both.read(4, 50.0)  # One of two is still so.
    assert both.at(7) == [(7, "fill", "fired", ON)]


def test_within_the_cooldown_it_does_not_fire_and_after_it_only_if_it_became_true_again():
    book = Book(rule(when=when(below=20.0), cooldown_s=10.0))
    book.read(1, 10.0)
    assert book.at(30) == []  # Still true since the first time: no reason to fire again.
    book.read(31, 50.0)
    assert book.read(32, 10.0) == [(32, "fill", "fired", ON)]
    book.read(33, 50.0)
    assert book.read(34, 10.0) == []
    assert book.at(50) == [(42, "fill", "fired", ON)]


def test_the_more_urgent_rule_has_its_way_and_then_lets_go():
    book = Book(
        rule("fill", when=when(below=20.0), priority=5),
        rule("leak", when=when(channel="floor/wet", equals=True), then=OFF, priority=1),
    )
    book.read(1, 10.0)
    assert book.read(2, True, "floor/wet") == [(2, "leak", "fired", OFF)]
    book.read(3, 50.0)
    assert book.read(4, 10.0) == [(4, "fill", "fired", {})]
    assert book.happened[-1].outvoted == ("pump/on",)
    assert book.wanted == OFF
    assert book.read(5, False, "floor/wet") == [(5, "leak", "released", ON)]
    assert book.wanted == ON


def test_among_equals_the_later_one_has_its_way():
    book = Book(rule("a", when=when(below=20.0)), rule("b", when=when(channel="x/y", above=1.0), then=OFF))
    book.read(1, 10.0)
    book.read(2, 5.0, "x/y")
    assert book.wanted == OFF
    assert book.read(3, 30.0) == [(3, "a", "released", {})]
    assert book.wanted == OFF


def test_what_is_no_longer_so_is_no_longer_asked_for():
    book = Book(rule(when=when(below=20.0)))
    book.read(1, 10.0)
    assert book.wanted == ON
    book.read(2, 30.0)
    assert book.wanted == {}


def test_a_reading_that_no_rule_looks_at_costs_nothing():
    book = Book(rule(when=when(below=20.0)))
    assert book.read(1, 10.0, "other/level") == []
    assert book.book.latest == {}


def test_only_the_rules_of_a_channel_look_at_its_reading_and_time_looks_only_where_it_is_due(monkeypatch):
    names = [f"r{number}" for number in range(50)]
    rules = [
        rule(name, when=when(channel=f"tank/{name}", below=20.0, stale_after_s=1000.0 + n))
        for n, name in enumerate(names)
    ]
    book, looks = Book(*rules), []
    look = RuleBook._look
    monkeypatch.setattr(
        RuleBook, "_look", lambda self, one, *rest: looks.append(one.settings.name) or look(self, one, *rest)
    )
    for second in range(1, 101):
        book.read(second, 30.0, "tank/r7")
        book.read(second, 30.0, "elsewhere/x")
        book.at(second + 0.5)
    assert looks == ["r7"] * 100


def test_it_says_what_made_it_fire():
    book = Book(rule(when=when(below=20.0, clear=80.0, for_s=10.0)))
    book.read(1, 18.25)
    book.at(11)
    [fired] = book.happened
    assert fired.because == "tank/level (18.25) below 20, clear 80 for 10 s"
    assert fired.asks[0].readings == {"tank/level": 18.25}
