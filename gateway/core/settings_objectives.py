"""What the configuration asks of the way to the twin; `edgetwin status` says what is missed."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from gateway.core.settings_types import PositiveDuration, Settings

Share = Annotated[float, Meta(ge=0, le=1)]


class ObjectivesSettings(Settings, frozen=True, kw_only=True):
    """Objectives of every device. They change nothing but what is called a breach, and when a device is drifting."""

    latency_s: PositiveDuration = field(default=0.5, name="latency")
    """From a live reading to the twin's acknowledgement, for 99 of 100 readings of the last hour."""
    freshness_s: PositiveDuration = field(default=30.0, name="freshness")
    """What the twin knows of a device is at most this old; a live reading that waits longer means drifting."""
    conflict_rate: Share = 0.001
    """Conflicts per change that the twin made; 0.001 is one in a thousand."""
    availability: Share = 0.999
    """Share of the last day in which the device was read and its twin reachable."""
