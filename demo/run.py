"""One run of the demo, from the arguments to the exit status."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from demo.broker import BrokerError
from demo.claims import StoryError
from demo.folders import FolderError, folders
from demo.stage import Stage, open_stage
from demo.story import USUAL_S, Pace, play
from demo.summary import Summary
from demo.view import open_view
from gateway.errors import EdgetwinError

LATE_S = 120.0
"""What all waits of the story may take beyond its pace before it is given up: a busy machine, not a hung one."""

LOOK_EVERY_S = 0.25
"""Between two looks of the view: it seems to move, and costs a few percent of one core."""

STOPPED = 128
"""Exit status for a signal: this and its number, as in a shell."""


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    seconds: float
    json: bool
    keep: Path | None


class _StoppedError(Exception):
    """Somebody wants the demo to end now."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run(options: Options) -> int:
    """Run the demo; returns 0 where the story held, 1 where it did not, 128 and the signal's number when stopped."""
    try:
        summary = asyncio.run(_stoppable(options))
    except _StoppedError as stopped:
        return STOPPED + stopped.number
    except (FolderError, BrokerError, EdgetwinError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(msgspec.json.encode(summary).decode())
    return 0 if summary.ok else 1


async def _stoppable(options: Options) -> Summary:
    """Run, and end in order at the first signal; further ones change nothing, since the end is bounded.

    Raises:
        _StoppedError: a signal came.
    """
    caught: list[int] = []
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def stop(number: int) -> None:
        caught.append(number)
        if len(caught) == 1 and task is not None:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop, number)
    try:
        return await _run(options)
    except asyncio.CancelledError:
        if not caught:  # SIGINT, before the handlers above were there.
            raise
        raise _StoppedError(caught[0]) from None


async def _run(options: Options) -> Summary:
    with folders(options.keep) as where, open_view(json=options.json) as view:
        async with open_stage(where, view) as stage, asyncio.TaskGroup() as group:
            watching = group.create_task(stage.watch(LOOK_EVERY_S), name="demo.watch")
            await _play(stage, options.seconds)
            watching.cancel()
            summary = stage.summary()
            # The daemon has ended by now; what it said last is its part of the account.
            view.end(summary, msgspec.structs.replace(stage.now, daemon=stage.last))
        if options.keep is not None:
            view.tell(f"everything is in {where.state}")
        return summary


async def _play(stage: Stage, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds + LATE_S):
            await play(stage, Pace(seconds / USUAL_S))
    except StoryError as error:
        stage.claim(str(error), held=False)
    except TimeoutError:
        stage.claim(f"the story ends within {seconds + LATE_S:g} s", held=False)
