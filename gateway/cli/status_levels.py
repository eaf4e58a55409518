"""How well the twin is kept, in `edgetwin status`: each device against the objectives, and the modes `auto` chose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

NAMED_MAX = 3
"""So many channels that share a mode for the same reason are named; of more, the number is said."""

INDENT = " " * 13
"""Below a name."""

Age = Callable[[float], str]


def level_lines(level: dict[str, Any], objectives: dict[str, Any], age: Age) -> Iterator[str]:
    """What the objectives are about, and those that are missed, with what was asked for."""
    words = []
    if level["latency_p99_s"] is not None:
        words.append(f"latency {1000 * level['latency_p50_s']:.0f}/{1000 * level['latency_p99_s']:.0f} ms")
    if level["freshness_s"] is not None:
        words.append(f"{age(level['freshness_s'])} old")
    if level.get("conflict_rate") is not None:
        words.append(f"conflicts {percent(level['conflict_rate'])}")
    if level["availability"] is not None:
        words.append(f"{_below(level['availability'])} available")
    if words:
        yield f"{INDENT}{', '.join(words)}"
    asked = {
        "latency": f"latency p99 over {1000 * objectives['latency']:.0f} ms",
        "freshness": f"older than {age(objectives['freshness'])}",
        "conflict_rate": f"conflicts over {percent(objectives['conflict_rate'])}",
        "availability": f"available under {percent(objectives['availability'])}",
    }
    if level["breached"]:
        yield f"{INDENT}BREACHED: {'; '.join(asked[name] for name in level['breached'])}"


def objective_lines(document: dict[str, Any], age: Age) -> Iterator[str]:
    """What is asked of every device, and how many keep to all of it."""
    levels, asked = document.get("levels", {}), document.get("objectives")
    if not levels or asked is None:
        return
    kept = sum(not level["breached"] for level in levels.values())
    yield f"{'objectives':12} kept by {kept} of {len(levels)}:"
    yield (
        f"{INDENT}latency p99 {1000 * asked['latency']:.0f} ms, {age(asked['freshness'])} old, "
        f"conflicts {percent(asked['conflict_rate'])}, {percent(asked['availability'])} available"
    )


def mode_lines(document: dict[str, Any]) -> Iterator[str]:
    """Why channels have the mode that they have, where it was chosen for them."""
    chosen: dict[tuple[str, str], list[str]] = {}
    for name, one in document["series"].items():
        why = one.get("mode_why", "configured")
        if why != "configured":
            chosen.setdefault((one["mode"], why), []).append(name)
    for (mode, why), names in chosen.items():
        who = ", ".join(names) if len(names) <= NAMED_MAX else f"{names[0]} and {len(names) - 1} more"
        yield f"{'auto':12} chose {mode} for {who}:"
        yield f"{INDENT}{why}"


def percent(share: float) -> str:
    """A share from 0 to 1 in percent, with as many digits as it has."""
    return f"{100 * share:.4g} %"


def _below(share: float) -> str:
    """A share that must not look like more than it is: 99.96 % is not 100 %."""
    return percent(int(share * 10_000) / 10_000)
