"""Results as a table: for people, in a terminal and in the page beside this file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.result import Result

HEAD = ("benchmark", "metric", "unit", "target", "measured", "", "baseline", "ratio", "ratio target")
NOTHING = "-"
NUMBERS_FROM = 3
"""Columns from here on stand to the right, but for the verdict."""
VERDICT = 5
VERDICTS = {True: "met", False: "missed", None: ""}

Row = tuple[str, ...]


def rows(results: Iterable[Result]) -> list[Row]:
    """One row for each metric, every cell as text."""
    return [_row(result, metric) for result in results for metric in result.metrics]


def _row(result: Result, metric: str) -> Row:
    lower = result.lower_is_better[metric]
    measured, baseline = result.metrics[metric], result.baseline[metric]
    ratio = number(result.ratio[metric])
    if measured == 0 and baseline and lower:
        ratio = "all of it"
    return (
        result.name,
        metric,
        result.units[metric],
        bound(result.targets[metric], lower=lower),
        number(measured),
        VERDICTS[result.met[metric]],
        number(baseline),
        ratio,
        bound(result.ratio_targets[metric], lower=False),
    )


def number(value: float | None) -> str:
    """A figure for people: no exponent, thousands apart, no digits that mean nothing."""
    if value is None:
        return NOTHING
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def bound(target: float | None, *, lower: bool) -> str:
    """A target: at most, or at least, so much."""
    if target is None:
        return NOTHING
    return f"{'<=' if lower else '>='} {number(target)}"


def text(results: Sequence[Result]) -> str:
    """The table for a terminal, with the notes below it."""
    lines = [HEAD, *rows(results)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    made = ["  ".join(_cell(line, column, width) for column, width in enumerate(widths)).rstrip() for line in lines]
    made.insert(1, "  ".join("-" * width for width in widths))
    notes = [f"{result.name}: {note}" for result in results for note in result.notes]
    return "\n".join([*made, "", *notes])


def _cell(line: Row, column: int, width: int) -> str:
    right = column >= NUMBERS_FROM and column != VERDICT
    return line[column].rjust(width) if right else line[column].ljust(width)


def markdown(results: Iterable[Result]) -> list[str]:
    """The table as lines of Markdown."""
    sides = ["---:" if column >= NUMBERS_FROM and column != VERDICT else "---" for column in range(len(HEAD))]
    lines = [HEAD, tuple(sides), *rows(results)]
    return [f"| {' | '.join(line)} |" for line in lines]
