"""The outbox against a model: a set of readings that were taken in and a twin that keeps what it is sent.

Whatever happens in whatever order (readings, batches, acknowledgements, commits, SIGKILL, power cut), no reading that
was promised is missing from the twin in the end, none is in it twice, and every count balances after every step.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.core.reading import Lane, Reading
from gateway.core.segment import Outgoing, Segment, encode_pack
from gateway.core.senml import decode_pack
from gateway.core.settings import StoreSettings
from gateway.store.database import open_database
from gateway.store.recovery import Opened, open_outbox
from tests.fakes.clock import FakeClock

GATEWAY = "gw"
UNITS = {"room/temperature": "Cel", "tank/level": "%EL", "door/closed": ""}


class OutboxMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = FakeClock()
        self.number = 0
        self.promised: set[float] = set()
        self.volatile: set[float] = set()  # may be lost in a power cut
        self.twin: dict[tuple[str, Lane, int], float] = {}
        self.sent: list[Segment] = []
        self.suppressed = 0
        self.opened = self._open()

    def _open(self) -> Opened:
        settings = StoreSettings(directory=str(self.folder), runtime_directory=str(self.folder / "run"))

        async def enter() -> Opened:
            database = await self.stack.enter_async_context(open_database(self.folder, stamp="x"))
            return await self.stack.enter_async_context(
                open_outbox(database, GATEWAY, self.clock, settings, "0123456789abcdef")
            )

        self.stack = contextlib.AsyncExitStack()
        return self.runner.run(enter())

    @property
    def outbox(self):
        return self.opened.outbox

    @rule(series=st.sampled_from(sorted(UNITS)), lane=st.sampled_from(Lane), seconds=st.sampled_from([0, 0.001, 1]))
    def read(self, series: str, lane: Lane, seconds: float) -> None:
        self.clock.advance(seconds)
        self.number += 1
        value = float(self.number)
        reading = Reading(series, value, self.clock.boottime_ns(), self.clock.wall_ns())
        self.outbox.append(reading, UNITS[series], lane)
        self.promised.add(value)
        self.volatile.add(value)

    @rule(series=st.sampled_from(sorted(UNITS)))
    def suppress(self, series: str) -> None:
        self.outbox.suppress(series, UNITS[series])
        self.suppressed += 1

    def _send(self, segments: list[Segment]) -> None:
        outgoing = [Outgoing(one, one.base.wall_ns, one.base.clock, backfill=False) for one in segments]
        if outgoing:
            for received in decode_pack(encode_pack(outgoing), GATEWAY):
                for record in received.records:
                    key = (received.epoch, received.lane, record.seq)
                    assert self.twin.get(key, record.value) == record.value, "one number, two readings"
                    self.twin[key] = record.value
        self.sent += segments

    @rule(limit=st.integers(1, 20))
    def send_live(self, limit: int) -> None:
        self._send(self.outbox.take_live(limit))

    @rule(limit=st.integers(1, 20))
    def send_stored(self, limit: int) -> None:
        self._send(self.runner.run(self.outbox.take_stored(limit)))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def acknowledge(self, data) -> None:
        chosen = data.draw(st.lists(st.sampled_from(self.sent), min_size=1, max_size=4))
        self.outbox.acknowledge([(one.epoch, one.lane.label, one.first, one.last) for one in chosen])

    @rule(epoch=st.sampled_from(["0123456789abcdef-1", "ffffffffffffffff-9"]), lane=st.sampled_from(Lane))
    def acknowledge_nonsense(self, epoch: str, lane: Lane) -> None:
        self.outbox.acknowledge([(epoch, lane.label, 5_000, 6_000), (epoch, "nonsense", 1, 10)])

    @rule()
    def lose_link(self) -> None:
        self.outbox.release()

    @rule(limit=st.integers(1, 5))
    def send_something_stored_and_acknowledge_it(self, limit: int) -> None:
        before = len(self.sent)
        self.send_stored(limit)
        self.outbox.acknowledge([(one.epoch, one.lane.label, one.first, one.last) for one in self.sent[before:]])

    @rule(series=st.sampled_from(sorted(UNITS)), lane=st.sampled_from([Lane.HIGH, Lane.NORMAL]))
    def read_and_commit(self, series: str, lane: Lane) -> None:
        self.read(series, lane, 1)
        self.commit()

    @rule()
    def commit(self) -> None:
        self.runner.run(self.opened.committer.commit())
        self.volatile.clear()

    @rule()
    def commit_while_acknowledging_and_reading(self) -> None:
        async def both() -> None:
            committing = asyncio.create_task(self.opened.committer.commit())
            while not self.outbox.ledger.writing and not committing.done():  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)
            self.volatile.clear()
            self.outbox.acknowledge([(one.epoch, one.lane.label, one.first, one.last) for one in self.sent])
            self.read("tank/level", Lane.NORMAL, 0.001)
            await committing

        self.runner.run(both())

    def _abandon(self) -> None:
        """Leave everything as a killed process does: nothing is committed, nothing is closed in order."""
        self.opened.outbox.ledger.volatile.clear()
        self.opened.committer.close = _nothing  # type: ignore[method-assign]
        self.opened.outbox._head.discard = lambda: None  # type: ignore[method-assign]
        self.runner.run(self.stack.aclose())
        self.sent = []

    @rule()
    def kill(self) -> None:
        self._abandon()
        self.opened = self._open()
        self.promised_after_kill = set(self.promised)

    @rule()
    def cut_power(self) -> None:
        self._abandon()
        (self.folder / "run" / "outbox.head").unlink(missing_ok=True)
        self.clock.reboot()
        arrived = set(self.twin.values())
        self.promised -= {value for value in self.volatile if value not in arrived}
        self.volatile.clear()
        self.opened = self._open()

    @rule()
    def stop_and_start(self) -> None:
        self.runner.run(self.stack.aclose())
        assert not (self.folder / "run" / "outbox.head").exists()
        self.volatile.clear()
        self.sent = []
        self.opened = self._open()

    @invariant()
    def every_reading_is_accounted_for(self) -> None:
        ledger = self.outbox.ledger
        assert all(tally.balanced for tally in ledger.tallies)
        total = ledger.total()
        in_memory = sum(one.count for one in ledger.volatile.values())
        in_memory += sum(len(opened.indexes) for opened in ledger.open.values())
        rows = self.runner.run(self.outbox._database.read("SELECT epoch, lane, first, last FROM segment"))
        freed = {(key.epoch, int(key.lane), key.first) for key in ledger.freed}
        on_disk = sum(last - first + 1 for epoch, lane, first, last in rows if (epoch, lane, first) not in freed)
        assert total.waiting == in_memory + on_disk
        assert sum(self.outbox.stored.values()) == len(rows) - len(freed)

    def teardown(self) -> None:
        self.outbox.release()
        for _ in range(200):
            self.send_live(1000)
            self.send_stored(1000)
            self.outbox.acknowledge([(one.epoch, one.lane.label, one.first, one.last) for one in self.sent])
            self.sent = []
            self.runner.run(self.opened.committer.commit())
            if self.outbox.ledger.total().waiting == 0:
                break
        total = self.outbox.ledger.total()
        values = list(self.twin.values())
        assert len(values) == len(set(values)), "a reading is in the twin twice"
        assert self.promised <= set(values), "a promised reading never reached the twin"
        assert total.waiting == 0
        assert total.shed == 0
        self.runner.run(self.stack.aclose())
        self.runner.close()
        shutil.rmtree(self.folder)


async def _nothing() -> None:
    pass


OutboxMachine.TestCase.settings = hypothesis_settings(max_examples=80, stateful_step_count=60, deadline=None)
test_outbox_keeps_its_promises = OutboxMachine.TestCase
