"""Shapes that no part of a site has yet, but a driver's settings may have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from drivers.base import Channel, Limits, Value, ValueKind
from gateway.config.convert import convert
from gateway.config.devices import channel_shape, unknown_channel
from gateway.config.nodes import Broken, Entry, Scalar
from gateway.config.problems import Mark, Problem, Report, clip, guess
from gateway.config.type_reader import record_of
from gateway.config.values import BAD
from gateway.config.wording import allowed
from gateway.config.yaml_tree import parse


class Step(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(pattern="^[a-z]+$", description="small letters")]
    level: Annotated[float, Meta(ge=0, lt=1)] = 0.5


@dataclass(frozen=True, kw_only=True)
class Settings:
    registers: list[Annotated[int, Limits(0, 0xFF)]] = field(default_factory=list)
    table: dict[Literal[1, 2], str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    offset: float | None = None
    strict: Literal[True, "auto"] = "auto"
    fallback: Value = 0
    odd: bool = False

    def __post_init__(self) -> None:
        if self.odd:
            raise ValueError("odd is\nnever right")


def converted(text):
    report = Report("f")
    root = parse(text, report)
    value = convert(Entry(Mark(1, 1), root), record_of(Settings), (), report)
    return value, [str(problem) for problem in report.sorted()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("registers: [1, 0x10]", Settings(registers=[1, 16])),
        ("table: {1: no, 0x2: x}", Settings(table={1: "no", 2: "x"})),
        ("steps: {a: {level: 0.1}, b: {}}", Settings(steps=(Step(name="a", level=0.1), Step(name="b")))),
        ("offset: ~", Settings()),
        ("offset: 2", Settings(offset=2.0)),
        ("strict: on", Settings(strict=True)),
        ("strict: 'auto'", Settings(strict="auto")),
        ("{}", Settings()),
    ],
)
def test_a_text_becomes_an_object_of_the_type(text, expected):
    assert converted(text) == (expected, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "registers: [1, 256, x]",
            ["f:1:16: registers.1: found 256, allowed 0", "f:1:21: registers.2: found 'x'"],
        ),
        ("registers: 5", ["f:1:12: registers: found '5', allowed a list, each item 0 to 255"]),
        ("table: {3: x}", ["f:1:9: table.3: found '3', allowed 1, 2"]),
        ("table: []", ["f:1:8: table: found a list, allowed a mapping"]),
        ("steps: {A: {}}", ["f:1:9: steps.A: found 'A', allowed small letters"]),
        ("steps: {a: {level: 1}}", ["f:1:20: steps.a.level: found 1, allowed at least 0 and below 1"]),
        ("steps: [a]", ["f:1:8: steps: found a list, allowed a mapping"]),
        ("offset: ", ["f:1:8: offset: found nothing, allowed a number"]),
        ("strict: 'on'", ["f:1:9: strict: found 'on', allowed true, auto"]),
        ("odd: yes", ["f:1:1: odd is never right"]),
    ],
)
def test_each_mistake_has_its_place(text, expected):
    value, problems = converted(text)
    assert value is BAD
    assert len(problems) == len(expected)
    assert [one for one, start in zip(problems, expected, strict=True) if not one.startswith(start)] == []


def test_what_was_reported_before_is_not_reported_again():
    report = Report("f")
    assert convert(Entry(Mark(1, 1), Broken(Mark(1, 1))), record_of(Settings), (), report) is BAD
    assert len(report) == 0


@pytest.mark.parametrize(
    ("channel", "good", "bad"),
    [
        (Channel(name="level", unit="/", low=0, high=1, writable=True), ("0.5", 0.5), ("2", "found 2, allowed 0 to 1")),
        (Channel(name="on", kind=ValueKind.BOOLEAN), ("off", False), ("0", "allowed true or false")),
        (Channel(name="line", kind=ValueKind.TEXT), ("off", "off"), ("", "found nothing, allowed a text")),
    ],
)
def test_a_safe_value_is_one_that_its_channel_can_take(channel, good, bad):
    report = Report("f")
    text, value = good
    assert convert(Entry(Mark(1, 1), Scalar(Mark(1, 1), text, plain=True)), channel_shape(channel), (), report) == value
    text, message = bad
    convert(Entry(Mark(1, 1), Scalar(Mark(1, 1), text, plain=True)), channel_shape(channel), (), report)
    assert message in str(report.sorted()[0])


def test_a_channel_that_can_only_be_read_has_no_safe_value():
    assert unknown_channel("a", ["a", "b"], ["b"])[0] == "channel 'a' cannot be written, so nothing can make it safe"


def test_what_is_quoted_of_a_file_is_short_and_on_one_line():
    assert clip("x" * 100) == "x" * 45 + "..."
    assert clip("a\nb\x1b\udcff") == "a\\nb\\x1b\\udcff"
    assert clip("grün") == "grün"


def test_a_guess_is_made_for_similar_words_only():
    assert guess("Adress", ["address", "every"]) == "did you mean 'address'?"
    assert guess("zzz", ["address"]) == ""
    assert guess("address" * 1000, ["address"]) == ""


def test_a_problem_of_the_whole_file_has_no_line():
    problem = Problem(file="f", line=0, column=0, path="", message="is empty", hint="fill it")
    assert str(problem) == "f: is empty; fill it"


def test_shapes_say_what_they_allow():
    shapes = {one.key: one.shape for one in record_of(Settings).fields}
    assert allowed(shapes["registers"], as_hex=True) == "a list, each item 0x00 to 0xff"
    assert allowed(shapes["offset"]) == "a number"
    assert allowed(shapes["fallback"]) == "a value"
    assert allowed(shapes["steps"]) == "a mapping of keys and values"
