"""A site whose sync states are looked at: two devices, one of them with a shadow."""

from __future__ import annotations

from types import SimpleNamespace

from gateway.app.sync import SyncTracker
from gateway.cloud.session import LinkState
from gateway.core.reading import Lane
from gateway.store.live import Live
from tests.fakes.clock import FakeClock

BUDGET_S = 30.0
ONCE = (LinkState.CONNECTING, LinkState.CONNECTED)


class Site:
    """Two devices, one of them with a shadow, and an outbox of which only the counts matter."""

    def __init__(self):
        self.clock = FakeClock()
        self.heater = SimpleNamespace(settled=False, no_answer=self._forget)
        self.shadows = SimpleNamespace(devices={"heater": self.heater}, changed=None, fetch=self._fetch)
        self.fetched = []
        self.outbox = SimpleNamespace(
            stored=dict.fromkeys(Lane, 0), taken={}, ledger=SimpleNamespace(volatile={}, open={}), live=Live()
        )
        self.sync = SyncTracker(["heater", "room"], self.shadows, self.outbox, self.clock)

    def segment(self):
        return SimpleNamespace(base=SimpleNamespace(boottime_ns=self.clock.boottime_ns()))

    def link(self, *states):
        for state in states:
            self.sync.link_changed(state)

    def _fetch(self, device):
        self.fetched.append(device)

    def _forget(self):
        self.heater.settled = False

    def settle(self, settled=True):
        self.heater.settled = settled
        self.shadows.changed("heater")

    @property
    def states(self):
        return tuple(self.sync.states[device].value for device in ("heater", "room"))


def in_sync(site):
    site.link(*ONCE)
    site.settle()
    site.sync.check_all()
    site.sync.due_steps()
    assert site.states == ("in_sync", "in_sync")
