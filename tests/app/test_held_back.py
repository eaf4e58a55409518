"""How many readings wait for the budget, in memory and on the disk."""

from __future__ import annotations

import pytest

from gateway.app.report import held_back
from gateway.core.reading import Lane
from tests.fakes.clock import FakeClock
from tests.store.shelf import shelf_in


@pytest.mark.parametrize(("lowest", "stored_may_go", "held"), [
    (Lane.LOW, True, 0),
    (Lane.NORMAL, True, 1),
    (Lane.HIGH, True, 2),
    (Lane.LOW, False, 3),
    (Lane.CRITICAL, False, 5),
])  # fmt: skip
async def test_what_waits_on_the_disk_counts_where_it_may_not_go(tmp_path, lowest, stored_may_go, held):
    async with shelf_in(tmp_path, FakeClock()) as shelf:
        for _ in range(3):
            shelf.read()
        await shelf.committer.commit()
        shelf.read(lane=Lane.NORMAL)
        shelf.read(lane=Lane.LOW)
        assert held_back(shelf.outbox.ledger, lowest, stored_may_go=stored_may_go) == held
