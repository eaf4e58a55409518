"""Writes README.md of results.json, so that the page says what was measured and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench import table
from bench.result import Machine, Result

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PAGE = HERE / "README.md"

TOP = """\
# Benchmarks

Every figure is measured beside a baseline in the same run: a gateway as it is written in an afternoon, with paho and
sqlite3, a row and a JSON message for each reading, committed each, deleted on PUBACK (`baseline.py`). Absolute figures
move from machine to machine; how many times better than the baseline they are (`ratio`) moves little.

```sh
scripts/bench                 # all, as a table; takes about five minutes
scripts/bench wear wire       # some
scripts/bench ingest --json   # one, as one JSON object; several make a list
scripts/bench --quick         # tiny sizes: shows that everything works, and measures nothing
```

`command`, `shadow`, `channels` and `filters` have baselines of their own: a script that sets the pin on a message, a
client for one device after the other, the parts read in a loop and nothing done with it, and every reading sent, or the
filter as it is usually written. A ratio above 1 is better than
the baseline, below 1 worse: the daemon has more in memory, loads more at its start, and writes a wish or a command to
the disk before it acts, which a script of a hundred lines does not. The baseline has no realtime acknowledgement: its
latency ends where a subscriber has committed. What each benchmark does is told on top of its file.

## Figures

<!-- from here on written by `python -m bench --write-readme`; a test compares -->
"""

NOT_MEASURED = """\
## What is not measured here

- A Raspberry Pi and an SD card: none was at hand. Bytes are those that a block device was given, not what a card's own
  controller makes of them.
- A link with loss and delay: everything goes over the loopback interface. `tests/system` and the demo cut the link.
- The reference twin's own speed, except where `latency` waits for it.
- The time of a machine without load. `load` above is the number of processes that wanted to run when a benchmark began;
  wall times and latencies suffer from it, CPU times little, bytes not at all.
"""


def load() -> list[Result]:
    """The results that are kept; none where there is no file yet."""
    return msgspec.json.decode(RESULTS.read_bytes(), type=list[Result]) if RESULTS.exists() else []


def merge(kept: Sequence[Result], fresh: Sequence[Result], order: Sequence[str]) -> list[Result]:
    """`kept` with `fresh` in place of those of the same name, in `order`."""
    by_name = {one.name: one for one in [*kept, *fresh]}
    return [by_name[name] for name in order if name in by_name]


def save(results: Sequence[Result]) -> None:
    """Keep `results` and write the page of them."""
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
    PAGE.write_text(page(results), encoding="utf-8")


def page(results: Sequence[Result]) -> str:
    """The whole page."""
    lines = [
        TOP,
        *table.markdown(results),
        "",
        *(f"- {result.name}: {note}" for result in results for note in result.notes),
    ]
    return "\n".join([*lines, "", "## Machine", "", *_machines(results), "", NOT_MEASURED])


def _machines(results: Sequence[Result]) -> list[str]:
    """The machine, and for each benchmark what differs from run to run."""
    places = dict.fromkeys(_place(result.machine) for result in results)
    heads = ("benchmark", "date", "load", "1000 readings as JSON, ms", "64 kB deflated, ms", "loop of 1e6, ms")
    lines = [*(f"{place}." for place in places), "", f"| {' | '.join(heads)} |", "| --- | --- |" + " ---: |" * 4]
    for result in results:
        here = result.machine
        times = (here.encode_1000_ms, here.deflate_64k_ms, here.loop_1e6_ms)
        cells = (result.name, here.date, f"{here.load:g}", *(f"{time:.3g}" for time in times))
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _place(here: Machine) -> str:
    parts = (
        f"{here.cpu}, {here.cores} cores",
        here.kernel,
        f"Python {here.python}",
        f"SQLite {here.sqlite}",
        f"temporary folders on {here.file_system}",
    )
    return "; ".join(parts)
