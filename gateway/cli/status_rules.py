"""The rules in `edgetwin status`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any


def rule_lines(document: dict[str, Any], age: Callable[[float], str]) -> Iterator[str]:
    """One line for every rule: how it stands, when it fired, when it is due, and what it asks for in vain."""
    for name, rule in document.get("rules", {}).items():
        yield f"rule      {name}: {', '.join(_words(rule, age))}"


def _words(rule: dict[str, Any], age: Callable[[float], str]) -> Iterator[str]:
    yield "holds" if rule["holds"] else "armed" if rule["armed"] else "waits until it is no longer true"
    if rule["true_for_s"] is not None:
        yield f"true for {age(rule['true_for_s'])}"
    ago = "" if rule["fired_ago_s"] is None else f", last {age(rule['fired_ago_s'])} ago"
    yield f"fired {rule['fired']} times{ago}"
    if rule["waits_for_clock"]:
        yield "waits for a clock that can be trusted"
    elif rule["due_in_s"] is not None:
        yield f"next look in {age(rule['due_in_s'])}"
    if rule["missed"] is not None:
        yield f"missed {time.strftime('%Y-%m-%d %H:%M', time.localtime(rule['missed']))}"
    for channel, reason in rule["withheld"].items():
        yield f"cannot set {channel}: {reason}"
    if rule["failure"]:
        yield f"FAILED: {rule['failure']}"
