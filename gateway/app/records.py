"""Where decisions of this room are written down."""

from __future__ import annotations

from typing import NamedTuple

from gateway.store.admission import Admission
from gateway.store.database import Database
from gateway.store.events import EventLog


class Records(NamedTuple):
    """The log, the disk, and the way to the actuators."""

    admission: Admission
    events: EventLog
    database: Database
