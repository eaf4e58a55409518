"""The baseline: a gateway as it is written in an afternoon, and by most.

Every reading is a JSON message and a row, committed before it is sent; every PUBACK deletes the row and commits that.
SQLite is as it comes. Sending has TCP_NODELAY, so that it is not the kernel that is measured.
"""

from __future__ import annotations

import contextlib
import math
import queue
import sqlite3
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

from bench.mqtt import new_client

TOPIC = "baseline/readings"
INFLIGHT_MAX = 20
"""Messages that are not acknowledged: paho's own default."""
KEEPALIVE_S = 30
ANSWER_S = 60.0
"""The longest wait for the broker."""


class RowStore:
    """The outbox in a table; each step is a transaction."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(directory / "rows.db", check_same_thread=False)
        self._database.execute("CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, message TEXT NOT NULL)")
        self._database.commit()

    def put(self, message: str) -> int:
        """Keep a message; returns its row."""
        row = self._database.execute("INSERT INTO outbox (message) VALUES (?)", (message,)).lastrowid
        self._database.commit()
        return row or 0

    def put_all(self, messages: list[str]) -> None:
        """Keep many in one transaction: how a backlog is made, not how it comes about."""
        self._database.executemany("INSERT INTO outbox (message) VALUES (?)", [(one,) for one in messages])
        self._database.commit()

    def forget(self, row: int) -> None:
        """Delete a message."""
        self._database.execute("DELETE FROM outbox WHERE id = ?", (row,))
        self._database.commit()

    def waiting(self) -> list[tuple[int, str]]:
        """Every row and its message, oldest first."""
        return self._database.execute("SELECT id, message FROM outbox ORDER BY id").fetchall()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


class RowGateway:
    """Sends what is in a store, oldest first, and forgets what the broker has acknowledged.

    paho's thread only notes acknowledgements: it calls back while it holds its own lock.
    """

    def __init__(self, store: RowStore) -> None:
        self._store = store
        self.cached = 0
        """Messages that waited before it was connected, and still do."""
        self._last_cached = 0
        self._rows: dict[int, int] = {}
        self._acknowledged: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._client = new_client()
        self._client.max_inflight_messages_set(INFLIGHT_MAX)
        self._client.on_publish = lambda _client, _data, mid, _reason, _properties: self._acknowledged.put(mid)

    def connect(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Connect, and send what waits."""
        if tls is not None:
            self._client.tls_set_context(tls)
        self._client.connect(host, port, KEEPALIVE_S)
        self._client.loop_start()
        waiting = self._store.waiting()
        self.cached, self._last_cached = len(waiting), max((row for row, _ in waiting), default=0)
        for row, message in waiting:
            self._publish(row, message)

    def take(self, message: str) -> None:
        """Keep a message and send it."""
        self._publish(self._store.put(message), message)

    def _publish(self, row: int, message: str) -> None:
        self._rows[self._client.publish(TOPIC, message, qos=1).mid] = row

    def settle(self, until_s: float = math.inf, at_most: int = 0) -> None:
        """Forget what is acknowledged, until `until_s` (monotonic), or until `at_most` messages are on their way.

        Raises:
            TimeoutError: the broker does not acknowledge.
        """
        while len(self._rows) > at_most or until_s < math.inf:
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                return
            try:
                self._forget(self._acknowledged.get(timeout=min(left_s, ANSWER_S)))
            except queue.Empty:
                if self._rows and left_s > ANSWER_S:
                    raise TimeoutError(f"the broker acknowledged nothing for {ANSWER_S:g} s") from None

    def _forget(self, mid: int) -> None:
        row = self._rows.pop(mid)
        self.cached -= row <= self._last_cached
        self._store.forget(row)

    def close(self) -> None:
        """Say goodbye."""
        self._client.disconnect()
        self._client.loop_stop()


@contextlib.contextmanager
def row_gateway(directory: Path, host: str, port: int, backlog: list[str] | None = None) -> Iterator[RowGateway]:
    """A connected gateway on a store in `directory`, with `backlog` waiting in it."""
    store = RowStore(directory)
    store.put_all(backlog or [])
    gateway = RowGateway(store)
    gateway.connect(host, port)
    try:
        yield gateway
    finally:
        gateway.close()
        store.close()
