from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BadValueError, BusError, ChecksumError, NoAnswerError
from drivers.serial_text import SerialText, SerialTextSettings
from drivers.simulated.place import Place
from drivers.simulated.serial_text import place
from drivers.text_lines import TextField, compile_pattern, parse_line
from tests.drivers.wiring import serial_bus
from tests.simulation.virtual_clock import VirtualClock

T = TextField(key="1", unit="Cel")
WAYS = {
    "csv": {"format": "csv", "separator": ";", "fields": {"t": T, "h": TextField(key="3", scale=0.01)}},
    "json": {
        "format": "json",
        "fields": {"t": TextField(key="air.t", unit="Cel"), "h": TextField(key="h", scale=0.01)},
    },
    "pattern": {
        "format": "pattern",
        "pattern": r"^T=(-?\d+(?:\.\d+)?) C, H=(?P<h>\S+)%$",
        "fields": {"t": T, "h": TextField(key="h", scale=0.01)},
    },
}
SIMPLE = WAYS["pattern"] | {"pattern": r"T=(\S+) C, H=(?P<h>\S+)%"}


class Bench:
    def __init__(self, **settings):
        self.values = {"t": 21.5, "h": 0.4}
        self.clock = VirtualClock()
        made = SerialTextSettings(**settings)
        self.part = place(Place(made, self.clock, lambda name: lambda: self.values[name], lambda _: ""))
        self.driver = SerialText(serial_bus(self.part, self.clock), made)


@pytest.fixture(params=[WAYS["csv"], WAYS["json"], SIMPLE, SIMPLE | {"ask": "?"}], ids=["csv", "json", "re", "asked"])
def bench(request):
    made = Bench(**request.param)
    made.driver.open()
    return made


@pytest.mark.parametrize(
    ("way", "line"),
    [("csv", "7;21.5;x;40"), ("json", '{"air": {"t": "21.5"}, "h": 40}'), ("pattern", "T=21.5 C, H=40%")],
)
def test_examples_of_every_form(way, line):
    keys = WAYS[way]
    pattern = compile_pattern(keys["format"], keys.get("pattern", ""))
    assert parse_line(line, keys["format"], pattern, keys["fields"], keys.get("separator", ",")) == {
        "t": 21.5,
        "h": 0.4,
    }


@pytest.mark.parametrize(
    ("way", "line"),
    [
        ("csv", "7;21.5;x"), ("csv", "7;nan;x;40"), ("csv", ""), ("csv", "7;21.5;x;forty"), ("json", "[1, 2]"),
        ("json", '{"air": 3, "h": 40}'), ("json", '{"air": {"t": true}, "h": 40}'), ("json", '{"air": {"t": 1}'),
        ("json", "["), ("json", "[" * 5000), ("pattern", "T= C, H=40%"), ("pattern", "T=1 C, H=inf%"),
    ],
)  # fmt: skip
def test_a_line_that_does_not_fit_gives_nothing(way, line):
    keys = WAYS[way]
    pattern = compile_pattern(keys["format"], keys.get("pattern", ""))
    assert parse_line(line, keys["format"], pattern, keys["fields"], ";") is None


@given(st.sampled_from(sorted(WAYS)), st.text(max_size=80))
def test_any_text_gives_every_channel_or_nothing(way, line):
    keys = WAYS[way]
    pattern = compile_pattern(keys["format"], keys.get("pattern", ""))
    found = parse_line(line, keys["format"], pattern, keys["fields"], ";")
    assert found is None or set(found) == {"t", "h"}


def test_what_is_sent_is_read(bench):
    for t in (21.5, -3.25, 0.0):
        bench.values["t"] = t
        bench.clock.sleep(10.0)
        assert bench.driver.read() == {"t": t, "h": pytest.approx(0.4)}


def test_a_silent_part_is_told_once_its_last_line_is_too_old(bench):
    bench.part.faults.absent = True
    bench.clock.sleep(6.0)
    with pytest.raises(NoAnswerError, match="nothing comes"):
        bench.driver.read()
    bench.part.faults.absent = False
    bench.clock.sleep(2.0)
    assert bench.driver.read()["t"] == 21.5


def test_between_two_lines_the_last_one_stands_and_nobody_waits():
    bench = Bench(**WAYS["csv"])
    bench.driver.open()
    before_s = bench.clock.now_s()
    bench.values["t"] = 30.0
    assert bench.driver.read()["t"] == 21.5
    assert bench.clock.now_s() == before_s


def test_lines_that_are_cut_short_are_no_lines(bench):
    bench.part.faults.cut = 4
    bench.clock.sleep(6.0)
    with pytest.raises(ChecksumError, match="no line that fits"):
        bench.driver.read()


def test_a_line_that_is_heard_from_its_middle_on_is_dropped():
    bench = Bench(**WAYS["csv"])
    bench.part._coming.append((0.0, b"1.5;9;9;9\r\n"))
    bus_data = b".5;x;40\r\n7;21.5;x;40\r\n"
    assert bench.driver._take(b"1;2" + bus_data) == {"t": 21.5, "h": 0.4}
    assert Bench(**WAYS["csv"]).driver._take(b"7;1.5;x;40\r\n") is None


def test_after_a_long_time_without_a_look_what_was_cut_is_not_put_together(bench):
    for _ in range(2000):
        bench.part.say(bench.part.line())
    bench.clock.sleep(100.0)
    bench.values["t"] = 30.0
    assert bench.driver.read()["t"] == 30.0


def test_noise_without_a_line_end_is_bounded():
    bench = Bench(**WAYS["csv"])
    bench.driver.open()
    bench.part.faults.cut = 3
    for _ in range(2000):
        bench.driver._take(b"\xff" * 100)
    assert len(bench.driver._rest) <= 1024


def test_an_adapter_that_is_pulled_out_is_an_error_of_the_bus(bench):
    bench.part.faults.hung = True
    with pytest.raises(BusError):
        bench.driver.read()


def test_a_pattern_that_no_line_can_be_made_of_is_not_simulated():
    with pytest.raises(BadValueError, match="too involved"):
        Bench(format="pattern", pattern=r"x{3}(\d+)", fields={"t": T})


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"fields": {}}, "no fields"),
        ({"fields": {"a": TextField(key="t")}}, "column's number"),
        ({"format": "pattern", "pattern": "("}, "pattern '\\('"),
        ({"format": "pattern", "pattern": "(a)", "fields": {"a": TextField(key="2")}}, "no such group"),
        ({"separator": ""}, "separator"),
    ],
)
def test_settings_that_cannot_be_are_refused(keys, message):
    with pytest.raises(ValueError, match=message):
        SerialTextSettings(**keys)


@pytest.mark.parametrize("keys", [{"scale": 0.0}, {"offset": float("nan")}, {"low": 1.0, "high": 1.0}, {"unit": "ppm"}])
def test_a_field_that_cannot_be_is_refused(keys):
    with pytest.raises(ValueError, match=r"allowed|below|scale to"):
        TextField(**keys)
