"""Settings types to shapes: what a type says is what the file may say."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from drivers.base import Limits, Value
from gateway.config.shapes import Choice, Flag, Items, Kind, Named, Nullable, Number, Raw, Record, Table, Text
from gateway.config.type_reader import fields_of, name_shape


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 3


@dataclass(frozen=True, kw_only=True)
class Inner:
    depth: int = 1


@dataclass(frozen=True, kw_only=True)
class Settings:
    pin: Annotated[int, Limits(0, 27)]
    gain: float = 1.0
    wait_s: Annotated[float, Limits(0, 5, "s")] = 0.05
    pause_s: float = 1.0
    buffer_bytes: Annotated[int, Limits(1, None)] = 64
    top: Annotated[float, Limits(0, 6.1, "V")] | None = None
    on: bool = False
    colour: Colour = Colour.RED
    level: Level = Level.LOW
    rate: Literal[8, 16] = 8
    names: dict[str, Inner] = field(default_factory=dict)
    pairs: Mapping[str, float] = field(default_factory=dict)
    steps: tuple[int, ...] = ()
    inner: Inner = field(default_factory=Inner)
    anything: Any = None
    value: Value = 0
    made: int = field(default=0, init=False)


def shapes(settings):
    return {one.key: one.shape for one in fields_of(settings)}


def test_every_annotation_has_its_shape():
    inner = Record(Inner, fields_of(Inner))
    assert shapes(Settings) == {
        "pin": Number(kind=Kind.INTEGER, low=0, high=27),
        "gain": Number(kind=Kind.DECIMAL),
        "wait": Number(kind=Kind.DURATION, low=0, high=5, unit="s"),
        "pause": Number(kind=Kind.DURATION, unit="s"),
        "buffer": Number(kind=Kind.SIZE, low=1, unit="B"),
        "top": Nullable(Number(kind=Kind.DECIMAL, low=0, high=6.1, unit="V")),
        "on": Flag(),
        "colour": Choice((("red", Colour.RED),)),
        "level": Choice((("low", Level.LOW),)),
        "rate": Choice(((8, 8), (16, 16))),
        "names": Table(Text(), inner),
        "pairs": Table(Text(), Number(kind=Kind.DECIMAL)),
        "steps": Items(Number(kind=Kind.INTEGER), tuple),
        "inner": inner,
        "anything": Raw(),
        "value": Raw(),
    }


def test_defaults_and_attributes_are_the_types_own():
    fields = {one.key: one for one in fields_of(Settings)}
    assert (fields["pin"].required, fields["wait"].required) == (True, False)
    assert (fields["wait"].attribute, fields["wait"].default) == ("wait_s", 0.05)
    assert fields["inner"].default == Inner()


class Part(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(pattern="^[a-z]+$", description="small letters")]
    span: Annotated[Annotated[float, Meta(gt=0, le=60, extra={"unit": "s"})], Meta(le=5)] = msgspec.field(
        default=2.0, name="for"
    )
    size: Annotated[int, Meta(ge=1, lt=9)] = 1
    notes: list[str] = msgspec.field(default_factory=list)


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    parts: tuple[Part, ...] = ()


def test_a_struct_names_its_keys_and_the_inner_bounds_give_way_to_the_outer():
    name = Text(pattern="^[a-z]+$", allowed="small letters")
    assert shapes(Part) == {
        "name": name,
        "for": Number(kind=Kind.DURATION, above=0, high=5, unit="s"),
        "size": Number(kind=Kind.INTEGER, low=1, below=9),
        "notes": Items(Text(), list),
    }
    assert name_shape(Part) == name
    assert [one.default for one in fields_of(Part)][1:] == [2.0, 1, []]


def test_records_with_a_name_are_a_mapping_of_names():
    (parts,) = fields_of(Whole)
    assert isinstance(parts.shape, Named)
    assert [one.key for one in parts.shape.record.fields] == ["for", "size", "notes"]


def test_fields_can_be_left_out():
    assert [one.attribute for one in fields_of(Part, without=frozenset({"name", "size"}))] == ["span", "notes"]


@dataclass(frozen=True)
class Unreadable:
    size: complex = 0j


@dataclass(frozen=True)
class TwoWays:
    size: int | str = 0


@dataclass(frozen=True)
class Pair:
    size: tuple[int, str] = (0, "")


@dataclass(frozen=True)
class OddKey:
    size: dict[bool, int] = field(default_factory=dict)


@pytest.mark.parametrize("settings", [Unreadable, TwoWays, Pair, OddKey])
def test_a_type_that_no_file_can_say_is_refused_by_name(settings):
    with pytest.raises(TypeError, match=rf"{settings.__name__}\.size: no YAML can be read into"):
        fields_of(settings)
