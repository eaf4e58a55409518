"""What one run of the workload is to do, as a value that fits on a line; and its readings, by their number."""

from __future__ import annotations

import random
from pathlib import Path
from typing import NamedTuple

import msgspec

from gateway.core.reading import Lane
from gateway.core.settings import LinkSettings, Site, StoreSettings, ThermostatSettings

GATEWAY = "gw"
SETPOINT = "climate/setpoint"
SETPOINT_MAX = 1e9
"""A command's value names it, so there is room for many."""


class Luck(msgspec.Struct, frozen=True):
    """How often, of a hundred, something goes wrong between gateway and twin, or once in so many messages."""

    lost: int = 4
    """The broker acknowledges a message and then loses it."""
    refused: int = 2
    """The broker refuses a message."""
    acks_lost: int = 4
    acks_late: int = 4
    """An acknowledgement comes so late that others overtake it, or that its batch was sent again."""
    acks_twice: int = 10
    acks_invented: int = 4
    """With a message comes an acknowledgement that names what it must not free."""
    orders_late: int = 0
    """A command comes so late that a short one has expired."""
    cut_once_in: int = 150
    """The connection is lost at one of so many messages; 0 for never."""


PERFECT = Luck(lost=0, refused=0, acks_lost=0, acks_late=0, acks_twice=0, acks_invented=0, cut_once_in=0)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One run. Paths are texts so that it can be sent as JSON."""

    store: str
    """The disk under test."""
    memory: str
    """Everything that must outlive it: runtime directory, twin, notes, logs."""
    seed: int = 0
    number: int = 1
    """Of this run in its case: names its log and its report."""
    boot: str = "boot-1"
    readings: int | None = None
    """How many to take in; for ever where not given."""
    burst: int = 5
    """Readings of one tick."""
    every_s: float = 0.002
    """From tick to tick."""
    first: int = 1
    """The number of the first reading."""
    commands_every: int = 25
    """A command with every so many readings; 0 for none."""
    finish: bool = False
    """Deliver everything that waits, report and stop in order."""
    stalled: bool = False
    """Begin by stopping (SIGSTOP), so that somebody can attach."""
    online: bool = True
    commit_every_s: float = 0.05
    retry_s: float = 0.1
    """What the wait after a failed commit is set to."""
    quota: int = 64_000_000
    grown: bool = True
    """Whether a new store is grown in advance, as the product does: on a full disk it then goes on for a long time."""
    memory_bytes: int | None = None
    """How much the outbox may hold in memory, where that is to be reached soon."""
    luck: Luck = Luck()
    patience_s: float = 15.0
    """The longest that finishing may take."""

    @property
    def runtime(self) -> Path:
        return Path(self.memory) / "run"

    @property
    def twin(self) -> Path:
        return Path(self.memory) / "twin"

    @property
    def notes(self) -> Path:
        return Path(self.memory) / "notes"

    @property
    def log(self) -> Path:
        return Path(self.memory) / f"run-{self.number}.log"

    @property
    def report(self) -> Path:
        return Path(self.memory) / f"run-{self.number}.json"

    def next(self, **changes: object) -> Plan:
        """The plan of the run after this one, with another seed."""
        return msgspec.structs.replace(self, **{"number": self.number + 1, "seed": self.seed + 1} | changes)


def site_of(plan: Plan) -> Site:
    """The site of the workload: no parts, one set point that commands can move."""
    climate = ThermostatSettings(
        name="climate", sensor="room/temperature", actuator="heater/on", low=-40.0, high=SETPOINT_MAX
    )
    return Site(
        gateway=GATEWAY,
        thermostats=(climate,),
        link=LinkSettings(backoff_s=0.01, backoff_cap_s=0.05, ack_timeout_s=0.15, window=4, batch=60, linger_s=0.01),
        store=StoreSettings(
            directory=plan.store,
            runtime_directory=str(plan.runtime),
            commit_every_s=plan.commit_every_s,
            commit_every_high_s=plan.commit_every_s / 2,
            quota=plan.quota,
        ),
    )


class Kind(NamedTuple):
    """One series of the workload; it keeps its lane, so that its order is a law."""

    series: str
    unit: str
    lane: Lane
    weight: int


KINDS = (
    Kind("room/temperature", "Cel", Lane.NORMAL, 40),
    Kind("door/log", "", Lane.NORMAL, 10),
    Kind("tank/level", "%EL", Lane.LOW, 25),
    Kind("boiler/pressure", "Pa", Lane.HIGH, 22),
    Kind("smoke/alarm", "/", Lane.CRITICAL, 3),
)
TEXTS = frozenset({"door/log"})
LANE_OF = {kind.series: kind.lane for kind in KINDS}


def kind_of(number: int) -> Kind:
    """The series of reading `number`."""
    chance = random.Random(number)
    return chance.choices(KINDS, [kind.weight for kind in KINDS])[0]


def value_of(number: int) -> float | str:
    """What it reads: its number, so that it is known again wherever it turns up."""
    return f"n{number}" if kind_of(number).series in TEXTS else float(number)


def number_of(value: object) -> int:
    """The reading that a value is from; 0 where it is from none."""
    text = value[1:] if isinstance(value, str) and value.startswith("n") else value
    try:
        return int(float(text))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0
