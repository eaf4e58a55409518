"""The account of the daily budget over restarts, crashes and power cuts."""

from __future__ import annotations

import pytest
import structlog

from gateway.app.spending import DISK_EVERY_S, NAME, Spending
from gateway.core.settings import LinkSettings, Site, StoreSettings
from tests.fakes.clock import FakeClock

BUDGET = 20_000_000


@pytest.fixture
def site(tmp_path):
    for name in ("disk", "run"):
        (tmp_path / name).mkdir()
    store = StoreSettings(directory=str(tmp_path / "disk"), runtime_directory=str(tmp_path / "run"))
    return Site(gateway="gw", link=LinkSettings(budget=BUDGET), store=store)


def test_a_crash_forgets_nothing_that_was_kept(site):
    clock = FakeClock()
    before = Spending(site, clock)
    before.budget.spend(1_000_000, live=True)
    before.keep()
    clock.advance(120.0)
    assert Spending(site, clock).budget.spent == 1_000_000


def test_the_disk_is_written_once_an_hour_and_at_the_end(site, tmp_path):
    clock, file = FakeClock(), tmp_path / "disk" / NAME
    spending = Spending(site, clock)
    spending.keep()
    assert not file.exists()
    clock.advance(DISK_EVERY_S)
    spending.keep()
    first = file.read_bytes()
    spending.budget.spend(5, live=True)
    clock.advance(60.0)
    spending.keep()
    assert file.read_bytes() == first
    spending.keep(closing=True)
    assert file.read_bytes() != first


def test_after_a_power_cut_an_hours_share_counts_as_spent(site, tmp_path):
    before = Spending(site, FakeClock())
    before.budget.spend(1_000_000, live=True)
    before.keep(closing=True)
    (tmp_path / "run" / NAME).unlink()
    clock = FakeClock()
    clock.boot_id = "another"
    budget = Spending(site, clock).budget
    assert budget.spent == pytest.approx(1_000_000 + budget.share)


@pytest.mark.parametrize("damage", [b"", b"no json", b"{}", b"\xff\xfe"])
def test_an_account_that_cannot_be_read_is_begun_anew(site, tmp_path, damage):
    (tmp_path / "run" / NAME).write_bytes(damage)
    assert Spending(site, FakeClock()).budget.spent == 0.0


def test_another_budget_begins_anew(site):
    before = Spending(site, FakeClock())
    before.budget.spend(1_000_000, live=True)
    before.keep()
    link = LinkSettings(budget=BUDGET // 2)
    other = Site(gateway="gw", link=link, store=site.store)
    assert Spending(other, FakeClock()).budget.spent == 0.0


class Room:
    """A sampler, as far as it is asked here."""

    def __init__(self, *, elastic):
        self.elastic = elastic


@pytest.mark.parametrize(("elastic", "lines"), [([False, False], 1), ([False, True], 0)])
def test_a_budget_that_can_widen_nothing_is_warned_of(site, elastic, lines):
    with structlog.testing.capture_logs() as logged:
        Spending(site, FakeClock()).warn([Room(elastic=one) for one in elastic])
    assert [one["event"] for one in logged] == ["nothing can be widened for the budget"] * lines


def test_without_a_budget_nothing_is_kept(site, tmp_path):
    spending = Spending(Site(gateway="gw", store=site.store), FakeClock())
    spending.keep(closing=True)
    assert spending.budget is None
    assert list((tmp_path / "run").iterdir()) == []
