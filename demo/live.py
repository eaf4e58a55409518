"""The live view: one screen that is drawn again and again, on terminals of 80 by 24 and more, or a little less."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from demo.numbers import DaemonNow, GatewayNow, SeriesNow, Snapshot, StateNow
from demo.summary import Summary, lines

ACTS = 5
LOG_LINES_MAX = 100
"""More than any screen shows."""
GAUGE_CELLS = 20
GAUGE_FULL = 60
"""Readings at which the gauge is full: what ten seconds of outage bring."""
TWO_COLUMNS = 72
"""Columns of a screen from which numbers stand beside the readings, and not above the log alone."""
NUMBER_LINES = 10
STALE_S = 3.0
"""A reading older than this is shown dimmed; all of the example come at least every two seconds or are no news."""


class LiveView:
    """Keeps what is to be seen and draws it whenever something changes."""

    def __init__(self, live: Live, clock: Callable[[], float]) -> None:
        self._live = live
        self._clock = clock
        self._began_s = clock()
        self._title = "starting"
        self._log: deque[Text] = deque(maxlen=LOG_LINES_MAX)
        self._now = Snapshot()

    def act(self, number: int, title: str) -> None:
        """See `View`."""
        self._title = f"act {number} of {ACTS}: {title}"
        self._add(Text(f"act {number}: {title}", "bold"))

    def tell(self, text: str) -> None:
        """See `View`."""
        self._add(Text(f"  {text}"))

    def claim(self, text: str, held: bool) -> None:
        """See `View`."""
        self._add(Text.assemble("  ", ("ok", "green") if held else ("FAILED", "bold red"), f" {text}"))

    def show(self, now: Snapshot) -> None:
        """See `View`."""
        self._now = now
        self._draw()

    def end(self, summary: Summary, now: Snapshot) -> None:
        """See `View`."""
        self._title = "the story held" if summary.ok else "THE STORY DID NOT HOLD"
        self._now = now
        failed = [line for line in self._log if "FAILED" in line.plain]
        self._log = deque([*failed, *map(Text, lines(summary, now))], LOG_LINES_MAX)
        self._draw()

    def _add(self, line: Text) -> None:
        self._log.append(Text.assemble((f"{self._clock() - self._began_s:5.1f}s ", "dim"), line))
        self._draw()

    def _draw(self) -> None:
        width, height = self._live.console.size
        self._live.update(screen(self._title, self._now, self._log, width, height), refresh=True)


def screen(title: str, now: Snapshot, log: deque[Text], width: int, height: int) -> Group:
    """Everything that is to be seen, in at most `height - 1` lines of `width` cells."""
    head = Text(f" edgetwin  {title}", "reverse")
    head.pad_right(max(0, width - head.cell_len))
    head.truncate(width)
    told = numbers(now)
    if width >= TWO_COLUMNS:
        body = Table.grid(padding=(0, 2))
        body.add_column(no_wrap=True)
        body.add_column(no_wrap=True, overflow="ellipsis")
        body.add_row(readings(now), Group(*told))
        upper: list[Text | Table] = [head, body]
        used = 1 + max(len(now.state.series) + 1 if now.state else 1, len(told))
    else:
        upper = [head, *(_cut(line, width) for line in told)]
        used = 1 + len(told)
    room = max(1, height - used - 2)
    shown = [_cut(line, width) for line in list(log)[-room:]]
    return Group(*upper, Text("─" * width, "dim"), *shown)


def readings(now: Snapshot) -> Table:
    """The newest reading of every series, as the twin has it."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("in the twin", width=18, no_wrap=True, overflow="ellipsis")
    table.add_column("value", width=9, justify="right", no_wrap=True)
    table.add_column("unit", width=6, no_wrap=True)
    table.add_column("age", width=6, justify="right", no_wrap=True)
    for name, latest in sorted(now.state.series.items()) if now.state else ():
        style = "dim" if latest.age_s > STALE_S else ""
        table.add_row(name, shown_value(latest), latest.unit, f"{latest.age_s:.1f} s", style=style)
    return table


def shown_value(latest: SeriesNow) -> str:
    """A value in at most nine cells."""
    if isinstance(latest.value, bool):
        return "yes" if latest.value else "no"
    if isinstance(latest.value, str):
        return latest.value[:9]
    return f"{latest.value:.4g}"


def numbers(now: Snapshot) -> list[Text]:
    """Link, outbox and the counts of both sides; always `NUMBER_LINES` lines, so that nothing jumps."""
    told = [*_daemon(now.daemon), Text(), *_twin(now.gateway), *_shadows(now.state)]
    return (told + [Text()] * NUMBER_LINES)[:NUMBER_LINES]


def _daemon(daemon: DaemonNow | None) -> list[Text]:
    if daemon is None:
        return [Text("gateway  does not answer", "red")]
    counted, up = daemon.readings, daemon.link.state == "connected"
    cells = min(GAUGE_CELLS, round(counted.waiting / GAUGE_FULL * GAUGE_CELLS))
    gauge = Text.assemble("outbox   ", ("█" * cells, "yellow"), ("░" * (GAUGE_CELLS - cells), "dim"))
    return [
        Text.assemble("link     ", (daemon.link.state, "bold green" if up else "bold red")),
        gauge,
        Text(f"         {counted.waiting} waiting"),
        Text(f"gateway  {counted.taken} taken"),
        Text(f"         {counted.suppressed} no news"),
        Text(f"         {counted.acknowledged} acknowledged"),
    ]


def _twin(gateway: GatewayNow | None) -> list[Text]:
    if gateway is None:
        return [Text("twin     knows nothing yet", "dim")]
    counted = gateway.readings
    return [
        Text(f"twin     {counted.received} received"),
        Text(
            f"         {counted.missing} missing, {counted.duplicates} came again", "yellow" if counted.missing else ""
        ),
    ]


def _shadows(state: StateNow | None) -> list[Text]:
    shadow = state.shadows.get("climate") if state else None
    if shadow is None:
        return []
    asked, done = shadow.desired.get("setpoint", "-"), shadow.reported.get("setpoint", "-")
    return [Text(f"climate  asked {asked}, reported {done}", "yellow" if shadow.delta else "")]


def _cut(line: Text, width: int) -> Text:
    cut = line.copy()
    cut.truncate(width, overflow="ellipsis")
    return cut


@contextlib.contextmanager
def live_view(clock: Callable[[], float]) -> Iterator[LiveView]:
    """A live view on standard output; on leaving the last screen stays."""
    console = Console(highlight=False)
    # Drawn by us alone: a thread that draws would be one more thing to end.
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        yield LiveView(live, clock)
