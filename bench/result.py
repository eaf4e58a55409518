"""What a benchmark says: figures, the baseline's figures, and how many times better than it they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

DIGITS = 4
"""More digits of a measured figure are noise."""


class Metric(NamedTuple):
    """One figure of a benchmark, and what it should be: at most `target`, or at least where more is better."""

    name: str
    unit: str
    target: float | None = None
    times_baseline: float | None = None
    """How many times better than the baseline it should be."""
    lower_is_better: bool = True


class Measured(NamedTuple):
    """The figures of one run, by metric; None for what could not be measured, with the reason in `notes`."""

    metrics: Mapping[str, float | None]
    baseline: Mapping[str, float | None]
    notes: Sequence[str] = ()


class Machine(msgspec.Struct, frozen=True):
    """Where and when it was measured. The times calibrate: they say how fast this machine was at that moment."""

    date: str
    cpu: str
    cores: int
    kernel: str
    python: str
    sqlite: str
    file_system: str
    load: float
    """Processes that wanted to run in the minute before."""
    encode_1000_ms: float
    deflate_64k_ms: float
    loop_1e6_ms: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark. Every mapping has the same keys, the names of the metrics."""

    name: str
    metrics: dict[str, float | None]
    baseline: dict[str, float | None]
    ratio: dict[str, float | None]
    """How many times better than the baseline; None where one of both is unknown, or nothing is left to divide by."""
    units: dict[str, str]
    lower_is_better: dict[str, bool]
    targets: dict[str, float | None]
    ratio_targets: dict[str, float | None]
    met: dict[str, bool | None]
    """Whether every target of the metric is reached; None where it has none or was not measured."""
    notes: list[str]
    quick: bool
    """Whether sizes were small, so that the figures prove only that the benchmark works."""
    machine: Machine


def make_result(
    name: str, specified: Sequence[Metric], measured: Measured, machine: Machine, *, quick: bool = False
) -> Result:
    """The result of a run: every metric that is `specified`, rounded, with its ratio and whether it is good enough."""
    metrics = {one.name: _rounded(measured.metrics.get(one.name)) for one in specified}
    baseline = {one.name: _rounded(measured.baseline.get(one.name)) for one in specified}
    ratio = {one.name: ratio_of(metrics[one.name], baseline[one.name], one) for one in specified}
    return Result(
        name=name,
        metrics=metrics,
        baseline=baseline,
        ratio=ratio,
        units={one.name: one.unit for one in specified},
        lower_is_better={one.name: one.lower_is_better for one in specified},
        targets={one.name: one.target for one in specified},
        ratio_targets={one.name: one.times_baseline for one in specified},
        met={one.name: is_met(one, metrics[one.name], ratio[one.name]) for one in specified},
        notes=list(measured.notes),
        quick=quick,
        machine=machine,
    )


def ratio_of(measured: float | None, baseline: float | None, metric: Metric) -> float | None:
    """How many times better than the baseline."""
    if measured is None or baseline is None:
        return None
    better, worse = (baseline, measured) if metric.lower_is_better else (measured, baseline)
    return _rounded(better / worse) if worse else None


def is_met(metric: Metric, measured: float | None, ratio: float | None) -> bool | None:
    """Whether the targets of `metric` are reached. A ratio that is infinite reaches every target."""
    if measured is None or (metric.target is None and metric.times_baseline is None):
        return None
    good = True
    if metric.target is not None:
        good = measured <= metric.target if metric.lower_is_better else measured >= metric.target
    if metric.times_baseline is not None and ratio is not None:
        good = good and ratio >= metric.times_baseline
    return good


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest of `values` that `share` (above 0, to 1) of them do not exceed; None where there are none."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _rounded(value: float | None) -> float | None:
    if value is None or value == 0 or not math.isfinite(value):
        return 0.0 if value == 0 else value
    return round(value, DIGITS - 1 - math.floor(math.log10(abs(value))))
