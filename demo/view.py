"""What the audience sees: a live view on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Protocol, TextIO

from demo.numbers import Snapshot
from demo.summary import Summary, lines

NUMBERS_EVERY_S = 2.0
"""Between two lines of numbers: enough to see things move, few enough to read."""


class View(Protocol):
    """Where the story is shown."""

    def act(self, number: int, title: str) -> None:
        """A new act begins."""

    def tell(self, text: str) -> None:
        """Something happened."""

    def claim(self, text: str, held: bool) -> None:
        """A claim was looked at."""

    def show(self, now: Snapshot) -> None:
        """This is how everything is now."""

    def end(self, summary: Summary, now: Snapshot) -> None:
        """The story is over."""


class PlainView:
    """Writes a line for everything that happens, and now and then the numbers."""

    def __init__(self, output: TextIO, clock: Callable[[], float]) -> None:
        self._output = output
        self._clock = clock
        self._began_s = self._numbers_s = clock()

    def act(self, number: int, title: str) -> None:
        """See `View`."""
        self._line(f"act {number}: {title}")

    def tell(self, text: str) -> None:
        """See `View`."""
        self._line(f"  {text}")

    def claim(self, text: str, held: bool) -> None:
        """See `View`."""
        self._line(f"  {'ok' if held else 'FAILED'}: {text}")

    def show(self, now: Snapshot) -> None:
        """See `View`."""
        if self._clock() - self._numbers_s >= NUMBERS_EVERY_S:
            self._numbers_s = self._clock()
            self._line(f"  {numbers(now)}")

    def end(self, summary: Summary, now: Snapshot) -> None:
        """See `View`."""
        for line in lines(summary, now):
            self._line(line)

    def _line(self, text: str) -> None:
        self._output.write(f"{self._clock() - self._began_s:5.1f}s  {text}\n")
        self._output.flush()


def numbers(now: Snapshot) -> str:
    """The numbers of a moment as one line."""
    parts = []
    if now.daemon is not None:
        counted = now.daemon.readings
        parts.append(f"link {now.daemon.link.state}")
        parts.append(f"{counted.taken} taken, {counted.waiting} waiting, {counted.acknowledged} acknowledged")
    if now.gateway is not None:
        received = now.gateway.readings
        parts.append(f"twin: {received.received} received, {received.missing} missing")
    return "; ".join(parts) or "starting"


@contextlib.contextmanager
def open_view(*, json: bool) -> Iterator[View]:
    """The view that fits: plain lines on standard error beside JSON, a live one on a terminal that can do it."""
    output = sys.stderr if json else sys.stdout
    if json or not output.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield PlainView(output, time.monotonic)
        return
    try:
        from demo.live import live_view  # noqa: PLC0415 - rich is an extra, and of use on a terminal only
    except ImportError:
        yield PlainView(output, time.monotonic)
        return
    with live_view(time.monotonic) as view:
        yield view
