"""The days of a site: its time zone, and its sun where a rule names it. The only door to the library for the sun."""

from __future__ import annotations

import functools
from datetime import UTC, date, tzinfo
from zoneinfo import ZoneInfo

from gateway.core.rule_conflicts import sun_times
from gateway.core.schedule import Calendar, Sun, no_sun
from gateway.core.settings import LocationSettings, Site

DAYS_KEPT = 64
"""Sunrises and sunsets that are not computed again: a schedule looks some ten days around."""


def calendar_of(site: Site) -> Calendar:
    """The calendar of a site whose configuration was checked.

    Raises:
        KeyError: this machine does not know the time zone.
        ImportError: a rule names the sun, and its library is not installed.
    """
    zone: tzinfo = UTC if site.time_zone == "UTC" else ZoneInfo(site.time_zone)
    needs_sun = any(sun_times(rule) is not None for rule in site.rules)
    return Calendar(zone, _sun(site.location, zone) if needs_sun and site.location is not None else no_sun)


def _sun(place: LocationSettings, zone: tzinfo) -> Sun:
    # Some tenths of a second on a small board, and memory that only these rules need.
    from astral import Observer, sun  # noqa: PLC0415 - as above

    observer = Observer(place.latitude, place.longitude, 0.0)
    events = {"sunrise": sun.sunrise, "sunset": sun.sunset}

    @functools.lru_cache(maxsize=DAYS_KEPT)
    def moment(day: date, event: str) -> float | None:
        try:
            return events[event](observer, date=day, tzinfo=zone).timestamp()
        except ValueError:  # It stays up, or down, all day.
            return None

    return moment
