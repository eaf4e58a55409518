"""Readings that are not to be trusted are told: once when it begins, once when it ends."""

from __future__ import annotations

import structlog

from gateway.core.doubt import Doubt
from gateway.core.reading import Quality, Reading
from gateway.store.outbox import Outbox

log = structlog.get_logger("devices")


class Doubts:
    """Which channels of a bus are in doubt."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._doubts: dict[str, Doubt] = {}

    def take(self, reading: Reading) -> None:
        """Say what this reading begins or ends, if anything."""
        doubt = self._doubts.get(reading.series)
        if doubt is None:
            if reading.quality is Quality.GOOD:
                return  # Most channels never have a reason for one.
            doubt = self._doubts[reading.series] = Doubt()
        told = doubt.take(reading)
        if told is None:
            return
        data = {"series": reading.series, "quality": told.quality.value, "reason": told.reason.value}
        self._outbox.note("quality", begins=told.begins, value=reading.value, readings=told.readings, **data)
        if told.begins:
            log.warning("readings in doubt", value=reading.value, **data)
        else:
            log.info("readings are good again", readings=told.readings, **data)
