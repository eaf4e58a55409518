"""What a site does for a while, what it can be doing when it dies, and how it can die."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from gateway.core.reading import Lane
from tests.store.acts import EVERYTHING, WORKS, Plan
from tests.store.books import GATED, UNITS
from tests.store.holding import HOLDINGS
from tests.store.site import Site

AFTER = [[], ["acknowledge", "send stored"], ["send stored", "acknowledge"], ["lose link", "send stored"], ["read"]]
DEEDS = (
    "nothing", "read", "send", "acknowledge", "reject", "commit", "before the transaction", "after the transaction",
    "with an acknowledgement", "stop", "lie", "join", "hold", "let go", "let go and send",
)  # fmt: skip
ENDS = ("kill", "power", "database lost", "old head")
"""A process is killed; the power fails; so that the database is gone when it comes back; so that the head file lies on
a disk, as it was written back some time before the power failed."""


def go_on(site: Site, chance: random.Random, steps: int) -> None:
    """Several steps of an ordinary day, in any order."""
    series, gated, lanes = sorted(UNITS), sorted(GATED), [Lane.NORMAL, Lane.NORMAL, *Lane]
    usual = [
        lambda: site.read([(chance.choice(series), chance.choice(lanes), 1) for _ in range(chance.randint(1, 4))]),
        lambda: site.read([(chance.choice(series), Lane.NORMAL, 0)]),
        lambda: site.hold(chance.choice(gated), chance.choice(HOLDINGS)),
        lambda: site.hold(chance.choice(gated), chance.choice(HOLDINGS)),
        lambda: site.send_live(chance.choice([2, 5, EVERYTHING]), arrives=chance.random() < 0.7),
        lambda: site.send_stored(chance.choice([1, 5, EVERYTHING]), arrives=chance.random() < 0.7),
        lambda: site.acknowledge_some(chance.choices(range(30), k=chance.randint(1, 4))),
        lambda: site.commit(chance.choices(WORKS, k=chance.randint(0, 2)), chance.choice(AFTER)),
        lambda: site.lose_link(some=chance.random() < 0.7),
        lambda: site.stay_offline(chance.randint(3, 6), chance.choices(WORKS, k=chance.randint(0, 2))),
    ]
    for _ in range(steps):
        chance.choice(usual)()
        site.check()


def deed(site: Site, name: str, plan: Plan, works: Sequence[str]) -> Callable[[], None]:
    """What is being done when the end comes."""
    deeds: dict[str, Callable[[], None]] = {
        "nothing": lambda: None,
        "read": lambda: site.read(plan),
        "send": site.send_live,
        "join": lambda: _join(site, works),
        "acknowledge": site.acknowledge_all,
        "reject": lambda: site.reject(3),
        "commit": lambda: site.commit(works, works),
        "before the transaction": lambda: site.commit([*works, "die"]),
        "after the transaction": lambda: site.die_with_a_deletion(works),
        "with an acknowledgement": lambda: site.die_with_an_acknowledgement(plan),
        "stop": lambda: site.stop(works, works),
        "hold": lambda: site.hold("silo/weight", "replace"),
        "let go": lambda: site.hold("silo/weight", "turn"),
        "let go and send": lambda: _let_go_and_send(site),
        "lie": lambda: site.commit_and_hear_a_lie(plan),
    }
    return deeds[name]


def _let_go_and_send(site: Site) -> None:
    """What waited on the disk arrives before the next commit, and is acknowledged."""
    fuse, site.box.fuse = site.box.fuse, None
    site.hold("silo/weight", "grow")
    site.commit()
    site.hold("silo/weight", "replace")
    site.box.fuse = fuse
    site.hold("silo/weight", "turn")
    site.send_live()
    site.acknowledge_all()


def _join(site: Site, works: Sequence[str]) -> None:
    fuse, site.box.fuse = site.box.fuse, None
    site.stay_offline(4)
    site.box.fuse = fuse
    site.stay_offline(1, works)


def end(site: Site, doing: Callable[[], None], fuse: int, how: str) -> None:
    """The end, after so many durable steps of what is being done."""
    site.die(
        doing,
        fuse,
        power=how in ("power", "old head"),
        keep_head=how == "old head",
        lose_database=how == "database lost",
    )
