"""The sun of a site: sunrises of known places, of days without one, and only where a rule asks."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.core.schedule import TimeOfDay
from gateway.core.settings import LocationSettings, Site
from gateway.core.settings_rules import RuleSettings
from gateway.devices.sun import calendar_of

RULE = RuleSettings(name="r", at=("sunrise",), then={"pump/on": True})


def moment(zone, latitude, longitude, day, text):
    place = LocationSettings(latitude=latitude, longitude=longitude)
    site = Site(gateway="g", time_zone=zone, location=place, rules=(RULE,))
    found = calendar_of(site).moment(day, TimeOfDay.parse(text))
    return None if found is None else datetime.fromtimestamp(found, ZoneInfo(zone))


@pytest.mark.parametrize(("text", "hour", "minute"), [
    ("sunrise", 4, 43), ("sunset", 21, 33), ("sunset-30m", 21, 3), ("sunrise+1h", 5, 43),
])  # fmt: skip
def test_midsummer_in_berlin(text, hour, minute):
    found = moment("Europe/Berlin", 52.52, 13.40, date(2026, 6, 21), text)
    expected = datetime(2026, 6, 21, hour, minute, tzinfo=ZoneInfo("Europe/Berlin"))
    assert abs((found - expected).total_seconds()) < 180


@pytest.mark.parametrize(("zone", "longitude"), [("Pacific/Auckland", 174.8), ("Pacific/Honolulu", -157.9)])
@pytest.mark.parametrize("event", ["sunrise", "sunset"])
def test_it_is_the_sun_of_the_local_day(zone, longitude, event):
    found = moment(zone, -20.0, longitude, date(2026, 3, 20), event)
    assert found.date() == date(2026, 3, 20)
    assert found.hour in {5, 6, 7, 17, 18, 19, 20}


@pytest.mark.parametrize("day", [date(2026, 6, 21), date(2026, 12, 21)])
def test_where_it_stays_up_or_down_there_is_no_sunrise(day):
    assert moment("Europe/Oslo", 69.65, 18.96, day, "sunrise") is None


def test_the_library_is_not_loaded_where_no_rule_names_the_sun(monkeypatch):
    monkeypatch.setitem(sys.modules, "astral", None)  # An import would fail.
    rule = RuleSettings(name="r", at=("06:30",), then={"pump/on": True})
    site = Site(gateway="g", location=LocationSettings(latitude=0.0, longitude=0.0), rules=(rule,))
    assert calendar_of(site).day(0.0) == date(1970, 1, 1)
    assert calendar_of(site).moment(date(1970, 1, 1), TimeOfDay.parse("sunset")) is None
    with pytest.raises(ImportError):
        calendar_of(Site(gateway="g", location=site.location, rules=(RULE,)))


def test_a_site_without_rules_has_the_calendar_of_its_zone():
    calendar = calendar_of(Site(gateway="g", time_zone="Pacific/Kiritimati"))
    assert calendar.day(datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp()) == date(2026, 1, 2)
