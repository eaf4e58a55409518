"""How long a refusal makes the gateway wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.shadow_protocol import wait_s


@pytest.mark.parametrize(
    ("code", "waits"),
    [
        (429, [5, 10, 20, 40, 80, 160, 300, 300]),
        (500, [20, 40, 80, 160, 320, 600, 600]),
        (0, [20, 40]),
        (401, [900, 900]),
        (403, [900, 900]),
        (400, [600, 600]),
        (413, [600, 600]),
        (415, [600]),
    ],
)
def test_a_refusal_makes_wait_by_its_code_and_longer_when_it_is_repeated(code, waits):
    assert [wait_s(code, number) for number in range(1, len(waits) + 1)] == waits


@given(st.integers(), st.integers(0, 10**30))
def test_no_wait_is_shorter_than_five_seconds_or_longer_than_a_quarter_of_an_hour(code, refusals):
    assert 5 <= wait_s(code, refusals) <= 900
