"""The table and the page that are made of results."""

from __future__ import annotations

import msgspec
import pytest

from bench import readme, table
from bench.__main__ import BENCHMARKS
from bench.result import Machine, Measured, Metric, make_result

MACHINE = Machine("2026-01-01", "a cpu", 4, "Linux", "3.11", "3.40", "ext4", 0.5, 1.0, 2.0, 3.0)


def result(name="wear", measured=5.0, baseline=500.0):
    metric = Metric("bytes", "B", target=10, times_baseline=50)
    return make_result(name, [metric], Measured({"bytes": measured}, {"bytes": baseline}, ["a note"]), MACHINE)


def test_a_row_says_target_figure_verdict_baseline_and_ratio():
    assert table.rows([result()]) == [("wear", "bytes", "B", "<= 10", "5", "met", "500", "100", ">= 50")]


def test_what_is_not_measured_has_no_figure_and_no_verdict():
    assert table.rows([result(measured=None)])[0][4:8] == ("-", "", "500", "-")


def test_what_costs_nothing_is_infinitely_better():
    assert table.rows([result(measured=0.0)])[0][7] == "all of it"


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (0.0, "0"), (1234567.0, "1,234,567"), (0.05734, "0.05734"), (42.717, "42.72")]
)
def test_figures_are_for_people(value, text):
    assert table.number(value) == text


def test_the_columns_of_the_table_stand_below_each_other():
    head, rule, *lines = table.text([result(), result("ingest", 1e6)]).splitlines()
    starts = [at for at, mark in enumerate(rule) if mark == "-" and (at == 0 or rule[at - 1] == " ")]
    for line in (head, *lines[:2]):
        assert all(at == 0 or line[at - 1 : at] in ("", " ") for at in starts)
    assert lines[3:] == ["wear: a note", "ingest: a note"]


def test_fresh_results_replace_those_of_the_same_name_in_the_order_of_the_benchmarks():
    merged = readme.merge([result("wire", 1.0), result("wear", 2.0)], [result("wear", 3.0)], ["ingest", "wear", "wire"])
    assert [(one.name, one.metrics["bytes"]) for one in merged] == [("wear", 3.0), ("wire", 1.0)]


def test_the_page_is_what_was_measured():
    kept = readme.load()
    assert readme.PAGE.read_text(encoding="utf-8") == readme.page(kept)
    assert [one.name for one in kept] == list(BENCHMARKS)
    assert not any(one.quick for one in kept)


def test_results_survive_being_kept():
    assert msgspec.json.decode(msgspec.json.encode([result()]), type=list[type(result())]) == [result()]
