"""When there is a connection: what the file may say, and what a battery implies."""

from __future__ import annotations

import pytest

from gateway.core.settings import Power
from tests.config.samples import problems_of, read


def connect_of(text):
    found, problems = read(text)
    assert problems == []
    return found.link.connect


def test_without_a_word_there_is_mains_and_the_link_is_kept():
    found, _ = read("gateway: gw\n")
    assert (found.power, found.link.connect) == (Power.MAINS, "always")


@pytest.mark.parametrize(("text", "connect"), [
    ("gateway: gw\npower: battery\n", "every 15m"),
    ("gateway: gw\npower: battery\ncloud: aws\n", "every 15m"),
    ("gateway: gw\npower: battery\nlink: {connect: always}\n", "always"),
    ("gateway: gw\npower: battery\nlink: {connect: every 2h}\n", "every 2h"),
    ("gateway: gw\nlink: {connect: every 30s}\n", "every 30s"),
    ("gateway: gw\nlink:\n  connect: 0 6,18 * * *\n", "0 6,18 * * *"),
    ('gateway: gw\nlink: {connect: "*/15 * * * *"}\n', "*/15 * * * *"),
])  # fmt: skip
def test_a_battery_means_every_quarter_of_an_hour_where_the_link_does_not_say(text, connect):
    assert connect_of(text) == connect


@pytest.mark.parametrize(("connect", "said"), [
    ("often", "always, an interval such as every 15m, or a cron expression"),
    ("every 15", "always, an interval such as every 15m"),
    ("every 0m", "always, an interval such as every 15m"),
    ("every 8d", "allowed at most every 7d"),
    ("0 25 * * *", "hour: found '25', allowed 0 to 23"),
    ("0 0 30 2 *", "no day ever matches"),
])  # fmt: skip
def test_what_is_no_schedule_is_told_with_what_is_allowed(connect, said):
    (problem,) = problems_of(f"gateway: gw\nlink: {{connect: {connect}}}\n")
    assert "link.connect" in str(problem)
    assert said in str(problem)
