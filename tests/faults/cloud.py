"""The cloud in the workload's own process: a loop of wire with bad luck on it, and the real twin behind it.

It dies with the daemon, which is more than a cloud would do: what it acknowledges has to be on its disk by then. It
looks on from the inside: what may leave only after a commit is looked up in the database by a connection of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path

import msgspec
import structlog

from gateway.core.dictionary import MARK
from gateway.core.reading import Lane
from gateway.core.senml import decode_pack
from gateway.core.wire import ack_topic, command_topic
from gateway.errors import LinkError
from gateway.store.database import FILE_NAME
from tests.faults.loop_session import LoopSession
from tests.faults.notes import Notes
from tests.faults.plan import GATEWAY, SETPOINT, Luck, Plan, number_of
from twin.asks import Desk
from twin.complaints import Complaints
from twin.dictionaries import Dictionaries
from twin.door import Door
from twin.store import open_store
from twin.topics import parse
from twin.writer import Writer

Range = tuple[str, str, int, int]
"""A segment: epoch, lane, first and last number."""
PREFIX = "edgetwin"
ACK_LATE_S = 0.3
ORDER_LATE_S = 0.7
"""Beyond the life of a short command and what the checks forgive."""
FAILURES_MAX = 1
"""Bad luck with one segment: a gateway keeps apart, for good reason, what fails three times while others arrive."""
BEYOND = 1_000_000
"""No run comes so far: such a number is not sent while the acknowledgement is under way."""
SHORT_S = 0.03
"""The life of every third command: some are too late after a kill, some before."""


class Complained(Complaints):
    """The twin's complaints, of which those about what it cannot read are findings."""

    def __init__(self, notes: Notes) -> None:
        super().__init__(structlog.get_logger("twin"))
        self._notes = notes

    def add(self, kind: str, **details: object) -> None:
        """Count one more."""
        super().add(kind, **details)
        if kind.endswith("_malformed") or kind == "dictionary_unknown":
            self._notes.note("wrong", f"{kind}: {details}")


class Cloud:
    """Broker and twin."""

    def __init__(self, plan: Plan, notes: Notes, chance: random.Random) -> None:
        self.luck: Luck = plan.luck
        self.chance = chance
        self.complaints = Complained(notes)
        self.dictionaries = Dictionaries()
        self.small = 0
        """Batches that rested on a dictionary."""
        self.session: LoopSession | None = None
        self.held: set[int] = set()
        """Readings that the twin has committed in this run."""
        self.numbers: dict[Range, list[int]] = {}
        """The readings in each segment that was sent: what the twin acknowledges is noted by their numbers."""
        self.late = 0
        """Commands that are still on their way."""
        self._failures: Counter[Range] = Counter()
        self.offline = not plan.online
        self._notes = notes
        self._disk = Path(plan.store) / FILE_NAME
        self._witness: sqlite3.Connection | None = None
        self._closed = False
        self._waiting: asyncio.Queue[tuple[str, bytes, bool]] = asyncio.Queue()
        self._orders = plan.number * 100_000
        self.disk_fails: Callable[[], bool] = lambda: False
        """Whether the gateway may send alarms from memory, because its disk takes nothing."""
        self.door = Door([PREFIX], self.complaints, self.dictionaries, time.time)
        self.writer: Writer
        self.desk: Desk

    @contextlib.asynccontextmanager
    async def open(self, directory: Path) -> AsyncIterator[Cloud]:
        """The twin in `directory`, at work."""
        async with open_store(directory) as store, asyncio.TaskGroup() as group:
            self.writer = Writer(store, [PREFIX], self.complaints, now_s=time.time, send=self._tell, retry_s=0.05)
            self.writer.accepts = self.dictionaries.accepts
            self.desk = Desk(store, self.writer, [PREFIX], now_s=time.time, new_id=lambda: f"c{self._orders}")
            tasks = [group.create_task(self.writer.run()), group.create_task(self._carry())]
            yield self
            for task in tasks:
                task.cancel()

    @contextlib.asynccontextmanager
    async def opener(self, *_: object) -> AsyncIterator[LoopSession]:
        """What stands in for `gateway.cloud.link.open_session`."""
        await asyncio.sleep(0)
        if self.offline:
            raise LinkError("the wire is cut")
        self.session = LoopSession(self)
        try:
            yield self.session
        finally:
            self.session.lose()
            self.session = None

    async def order(self) -> None:
        """Give a command."""
        self._orders += 1
        short = self._orders % 3 == 0
        expires = time.time() + (SHORT_S if short else 60.0)
        self._notes.note("ordered", f"c{self._orders}", expires)
        question = {"ask": "command", "gateway": GATEWAY, "channel": SETPOINT, "value": self._orders}
        await self.desk.answer(msgspec.json.encode(question | {"expires": expires}))

    def hand_over(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """A message has come to the broker, which has a subscriber."""
        self._waiting.put_nowait((topic, payload, retained))

    async def _carry(self) -> None:
        while True:
            topic, payload, retained = await self._waiting.get()
            await self.door.receive(topic, payload, retained, self.writer, self._tell)

    def _tell(self, messages: Sequence[tuple[str, bytes]]) -> None:
        for topic, payload in messages:
            if topic.endswith("/ack"):
                self._acknowledge(topic, payload)
            elif self._happens(self.luck.orders_late):
                self.late += 1
                asyncio.get_running_loop().call_later(ORDER_LATE_S, self._at_last, topic, payload)
            else:
                self._again(topic, payload)

    def _acknowledge(self, topic: str, payload: bytes) -> None:
        ranges: list[Range] = [tuple(one) for one in msgspec.json.decode(payload)["ranges"]]
        for one in ranges:
            numbers = self.numbers.get(one)
            if numbers is not None:
                self._notes.note("held", *one, *numbers)
                self.held.update(numbers)
        luck, loop = self.luck, asyncio.get_running_loop()
        if self.may_fail(ranges, luck.acks_lost):
            return
        if self.may_fail(ranges, luck.acks_late):
            loop.call_later(self.chance.uniform(0, ACK_LATE_S), self._again, topic, payload)
        else:
            self._again(topic, payload)
        if self._happens(luck.acks_twice):
            loop.call_later(self.chance.uniform(0, ACK_LATE_S), self._again, topic, payload)

    def may_fail(self, ranges: Iterable[Range], times_in_a_hundred: int) -> bool:
        """Whether bad luck strikes a message about these segments; it is kept from those that had theirs."""
        if not self._happens(times_in_a_hundred) or any(self._failures[one] >= FAILURES_MAX for one in ranges):
            return False
        self._failures.update(ranges)
        return True

    def _happens(self, times_in_a_hundred: int) -> bool:
        return self.chance.randrange(100) < times_in_a_hundred

    def _at_last(self, topic: str, payload: bytes) -> None:
        self.late -= 1
        self._again(topic, payload)

    def _again(self, topic: str, payload: bytes) -> None:
        if self.session is not None:
            self.session.deliver(topic, payload)

    def invent(self) -> None:
        """Acknowledge what was not sent: beyond the last number, half of a segment, another epoch, another lane."""
        (epoch, lane, first, last), _ = self.chance.choice(list(self.numbers.items()))
        store, _, starts = epoch.partition("-")
        ranges: list[Range] = [
            (epoch, lane, last + BEYOND, 2**53),
            (f"{store}-{int(starts) + 10**8}", lane, 1, 2**53),
            ("f" * 16 + "-1", lane, 1, 2**53),
            (epoch, "nonsense", 1, 2**53),
        ]
        if last > first:
            ranges += [(epoch, lane, first, last - 1), (epoch, lane, first + 1, last)]
        now_s = time.time()
        self._again(
            ack_topic(PREFIX, GATEWAY), msgspec.json.encode({"ranges": ranges, "received": now_s, "sent": now_s})
        )

    def look_on(self, topic: str, payload: bytes) -> list[Range]:
        """Watch what leaves: some of it may do so only when something is on the disk. Returns the segments in it."""
        keys: list[Range] = []
        if topic.endswith("/telemetry"):
            self.small += payload.startswith(MARK)
            address = parse(topic, [PREFIX])
            assert address is not None
            for segment in decode_pack(payload, GATEWAY, known=self.dictionaries.known(address)):
                key = (segment.epoch, segment.lane.label, segment.first, segment.last)
                keys.append(key)
                self.numbers[key] = [number_of(record.value) for record in segment.records]
                if segment.lane is Lane.CRITICAL and not self.disk_fails():
                    rows = "SELECT 1 FROM segment_critical WHERE epoch = ? AND first = ?"
                    self._expect(rows, (segment.epoch, segment.first), f"{key} was sent before it was stored")
        elif topic.startswith(command_topic(PREFIX, GATEWAY, "", "")[:-1]) and b'"IN_PROGRESS"' in payload:
            order = topic.split("/")[5]
            self._notes.note("admitted", order)
            self.expect_command(order, "was called accepted before it was stored")
        return keys

    def expect_command(self, order: str, complaint: str) -> None:
        """A command has to be on the disk by now."""
        self._expect("SELECT 1 FROM command WHERE id = ?", (order,), f"{order} {complaint}")

    def _expect(self, sql: str, parameters: tuple[object, ...], complaint: str) -> None:
        if self._closed:
            return
        try:
            if self._witness is None:
                self._witness = sqlite3.connect(f"file:{self._disk}?mode=ro", uri=True, timeout=1.0)
            if self._witness.execute(sql, parameters).fetchone() is None:
                self._notes.note("wrong", complaint)
        except sqlite3.Error:
            self._witness = None  # The disk fails for the witness too, which then has nothing to say.

    def close(self) -> None:
        """Let the database go: the daemon is the last to close it."""
        self._closed = True
        if self._witness is not None:
            self._witness.close()
