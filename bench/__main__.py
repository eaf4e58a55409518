"""The command line: `python -m bench`, or `scripts/bench`, which makes the environment first."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from bench import table
from bench.children import module, surroundings
from bench.machine import describe
from bench.readme import load, merge, save
from bench.result import Result, make_result
from gateway.cli.logs import configure
from gateway.core.settings import LogLevel, LogSettings

BENCHMARKS = {
    "ingest": "device to twin, stored, acknowledged and deleted",
    "latency": "a reading to the twin's durable state, alone and while a backlog drains",
    "drain": "a million readings from the disk to the twin",
    "wear": "bytes and flushes that a reading costs the card",
    "wire": "bytes that a reading takes on the wire",
    "memory": "the daemon with 20 devices and TLS, and a week without a link",
    "startup": "CPU time until the daemon is ready",
    "command": "a command to the pin, and a lost link to the safe value",
    "shadow": "what is desired until it is reported, and a hundred devices until they are in sync",
    "channels": "a thousand channels once a second: CPU, memory, jitter",
    "filters": "readings that each filter keeps, and how far off they are at worst",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say. Returns the exit status: 0 measured, 1 not all of it, 2 not understood."""
    arguments = _parser().parse_args(argv)
    names = arguments.names or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.stderr.write(f"bench: unknown {', '.join(unknown)}; known are {', '.join(BENCHMARKS)}\n")
        return 2
    if arguments.write_readme and arguments.quick:
        sys.stderr.write("bench: --quick gives no figures that could be written down\n")
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if arguments.render:
            save(load())
            return 0
        alone = len(names) == 1
        results = [run(names[0], quick=arguments.quick)] if alone else _apart(names, quick=arguments.quick)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    _show(results, alone=alone, json=arguments.json)
    if arguments.write_readme:
        save(merge(load(), results, list(BENCHMARKS)))
    return 0 if len(results) == len(names) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench",
        description="Measure what the project promises, each figure beside a straightforward outbox in the same run.",
        epilog="\n".join(["benchmarks:", *(f"  {name:9}{about}" for name, about in BENCHMARKS.items())]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure; everything where none is named")
    parser.add_argument("--json", action="store_true", help="one object where one is named, otherwise a list")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that it works, measures nothing")
    parser.add_argument(
        "--write-readme", action="store_true", help="keep the results, and write bench/README.md of them"
    )
    parser.add_argument("--render", action="store_true", help="write bench/README.md of what is kept; measures nothing")
    return parser


def run(name: str, *, quick: bool) -> Result:
    """One benchmark, in this process."""
    configure(LogSettings(level=LogLevel.ERROR))
    benchmark: Any = importlib.import_module(f"bench.{name}")
    machine = describe()
    measured = asyncio.run(benchmark.measure(benchmark.QUICK if quick else benchmark.FULL))
    return make_result(name, benchmark.METRICS, measured, machine, quick=quick)


def _apart(names: Sequence[str], *, quick: bool) -> list[Result]:
    """Several, each in a process of its own: what one leaves in memory is not the next one's. A failure is named."""
    results = []
    for name in names:
        sys.stderr.write(f"bench: {name}\n")
        command = module(sys.executable, "bench", name, "--json", *(["--quick"] if quick else []))
        said = _said_by(command)
        if said is None:
            sys.stderr.write(f"bench: {name} failed\n")
        else:
            results.append(msgspec.json.decode(said, type=Result))
    return results


def _said_by(command: Sequence[str]) -> bytes | None:
    """What a program says on standard output; None where it failed. When we are stopped, it is, and tidies up first."""
    with subprocess.Popen(command, env=surroundings(), stdout=subprocess.PIPE) as child:  # noqa: S603 - ourselves
        try:
            said, _ = child.communicate()
        except KeyboardInterrupt:
            child.terminate()
            raise
    return None if child.returncode else said


def _show(results: Sequence[Result], *, alone: bool, json: bool) -> None:
    if json:
        sys.stdout.write(msgspec.json.encode(results[0] if alone else results).decode() + "\n")
    elif results:
        sys.stdout.write(table.text(results) + "\n")


if __name__ == "__main__":
    sys.exit(main())
