"""How long a value that was set by hand holds, over restarts and clocks that go wrong."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.hybrid_clock import Stamp, text_of
from gateway.core.override import NS_PER_S, Now, Override, left_s, told


def override(**changes):
    given_ = {
        "channel": "climate/setpoint", "value": 25.0, "by": "pi", "lasts_s": 1800.0,
        "stamp": text_of(Stamp(1_000_000, 0, "gw")), "boot_id": "one", "made_boottime_ns": 100 * NS_PER_S,
        "made_s": 1000.0,
    }  # fmt: skip
    return Override(**{**given_, **changes})


def at(boottime_s, wall_s=None, boot_id="one"):
    return Now(boot_id, round(boottime_s * NS_PER_S), wall_s)


def test_in_the_same_boot_only_the_clock_that_never_jumps_counts():
    assert left_s(override(), at(100, 1000.0)) == 1800
    assert left_s(override(), at(1000, 99e9)) == 900
    assert left_s(override(), at(1900, 0.0)) == 0


def test_after_a_restart_of_the_machine_the_wall_clock_says_what_is_left():
    assert left_s(override(), at(60, 1600.0, "two")) == 1200
    assert left_s(override(), at(60, 4000.0, "two")) < 0


def test_where_no_clock_can_be_trusted_it_holds_no_longer_than_it_would_have_from_the_start():
    assert left_s(override(), at(60, None, "two")) == 1740
    assert left_s(override(made_s=None), at(60, 9e9, "two")) == 1740
    assert left_s(override(), at(1800, None, "two")) == 0


@given(
    st.floats(0, 1e7), st.none() | st.floats(0, 1e10), st.sampled_from(["one", "two"]), st.none() | st.floats(0, 1e9)
)
def test_it_never_holds_longer_than_it_was_made_for(uptime_s, wall_s, boot, made_s):
    found = left_s(override(made_s=made_s, made_boottime_ns=0), at(uptime_s, wall_s, boot))
    assert found <= 1800 - uptime_s + 1e-6


def test_the_twin_is_told_value_name_and_end():
    assert told([override()]) == {"setpoint": {"value": 25.0, "by": "pi", "until": 2800}}


def test_an_end_that_nobody_knows_is_not_told():
    assert told([override(made_s=None)]) == {"setpoint": {"value": 25.0, "by": "pi"}}
