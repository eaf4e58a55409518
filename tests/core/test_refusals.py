"""What a broker says no with: the table, and that the page for operators shows it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.refusals import TABLE, Cause, Reaction, refusal_of, told_in

PAGE = Path(__file__).parents[2] / "docs" / "link.md"
FAILURE_CODES = {*range(0x80, 0xA3)} - {0x80, 0x8C, 0x91, 0x92, 0x94, 0x9E, 0xA1, 0xA2}


def rows():
    """The table as the page has it."""
    for one in TABLE:
        name = f"0x{one.key:02X}" if isinstance(one.key, int) else one.key.value
        kept = "kept apart" if one.content else ""
        yield f"| {name} | {one.words} | {one.hint} | {one.reaction.value} | {kept} |"


def test_the_page_for_operators_shows_the_table():
    shown = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| 0x")]
    causes = [row for row in rows() if not row.startswith("| 0x")]
    page = PAGE.read_text(encoding="utf-8")
    assert shown == [row for row in rows() if row.startswith("| 0x")]
    assert [row for row in causes if row not in page] == []


def test_every_reaction_is_explained_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    assert [one.value for one in Reaction if f"**{one.value}**" not in page] == []


def test_no_key_and_no_words_stand_in_two_rows():
    assert max(Counter(one.key for one in TABLE).values()) == 1
    assert max(Counter(one.words for one in TABLE).values()) == 1


def test_every_cause_and_every_code_that_a_broker_may_say_to_us_has_a_row():
    keys = {one.key for one in TABLE}
    assert set(Cause) <= keys
    assert keys >= FAILURE_CODES


@given(st.integers(0x80, 0xFF))
def test_every_code_has_words_and_says_which_it_is(code):
    assert f"0x{code:02X}" in told_in(code)
    assert refusal_of(code).hint


@pytest.mark.parametrize("code", [0x00, 0x10])
def test_a_success_is_no_content_that_is_refused(code):
    assert not refusal_of(code).content


def test_details_stand_behind_the_words():
    assert told_in(Cause.NAME, "no.where") == "the name of the broker is not found: no.where"
