"""Values and ranges as people read them, in reasons, hints and errors."""

from __future__ import annotations

from gateway.core.reading import Value

DIGITS_MAX = 20
"""So many digits are shown of an integer that no float can hold."""


def shown(value: Value) -> str:
    """A value: `on` or `off`, a number, a text in quotes."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return repr(value)
    try:
        return f"{value:.15g}"
    except OverflowError:  # An integer beyond every float.
        return f"{str(value)[:DIGITS_MAX]}..."


def span(low: float | None, high: float | None) -> str:
    """The numbers from `low` to `high`, either of which need not be there."""
    if low is None:
        return "any number" if high is None else f"at most {high:.15g}"
    return f"at least {low:.15g}" if high is None else f"{low:.15g} to {high:.15g}"
