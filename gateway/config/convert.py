"""Tree and shape to value. Every mistake is reported and the walk goes on, so that all are found in one run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, assert_never

from gateway.config import scalars
from gateway.config.nodes import Broken, Entry, Scalar, Sequence
from gateway.config.nodes import Mapping as MappingNode
from gateway.config.problems import Path, Report, guess, listing, quote
from gateway.config.shapes import Choice, Field, Flag, Items, Named, Nullable, Number, Raw, Record, Shape, Table, Text
from gateway.config.values import BAD, kind_of, scalar
from gateway.config.wording import allowed

_NOTHING_MORE: Mapping[str, Any] = {}


def convert(entry: Entry, shape: Shape, path: Path, report: Report) -> Any:  # noqa: PLR0911 - one line for each shape
    """The value that `entry` means where `shape` is wanted, `BAD` where it was reported as a mistake."""
    if isinstance(entry.value, Broken):
        return BAD
    match shape:
        case Number() | Text() | Flag() | Choice():
            return scalar(entry.value, shape, path, report)
        case Raw():
            return entry.value
        case Nullable():
            if isinstance(entry.value, Scalar) and entry.value.plain and entry.value.text in scalars.NULL - {""}:
                return None
            return convert(entry, shape.inner, path, report)
        case Record():
            return record(entry, shape, path, report)
        case Named():
            records = named_records(entry, shape, path, report)
            return BAD if records is None or BAD in records.values() else tuple(records.values())
        case Table():
            return _table(entry, shape, path, report)
        case Items():
            return _items(entry, shape, path, report)
        case _:
            assert_never(shape)


def fields(entry: Entry, wanted: Iterable[Field], path: Path, report: Report) -> dict[str, Any] | None:
    """The attributes that the keys of a mapping set; a mistaken one is `BAD`, one that is not given is absent.

    Unknown and missing keys are reported, the missing ones at the key of the mapping that lacks them. None where it is
    no mapping.
    """
    mapping = as_mapping(entry, path, report)
    if mapping is None:
        return None
    by_key = {field.key: field for field in wanted}
    for key, given in mapping.entries.items():
        if key not in by_key:
            hint = guess(key, by_key.keys() - mapping.entries.keys()) or f"known keys: {listing(by_key)}"
            report.add(given.mark, (*path, key), "unknown key", hint)
    attributes: dict[str, Any] = {}
    for key, field in by_key.items():
        if key in mapping.entries:
            attributes[field.attribute] = convert(mapping.entries[key], field.shape, (*path, key), report)
        elif field.required:
            report.add(entry.mark, (*path, key), "missing", f"allowed: {allowed(field.shape)}")
            attributes[field.attribute] = BAD
    return attributes


def build(settings: type, attributes: Mapping[str, Any], entry: Entry, path: Path, report: Report) -> Any:
    """The object of `settings` with `attributes`; `BAD` where one of them is, or where the type itself refuses them."""
    if BAD in attributes.values():
        return BAD
    try:
        return settings(**attributes)
    except ValueError as error:
        report.add(entry.mark, path, " ".join(str(error).split()))
        return BAD


def record(entry: Entry, shape: Record, path: Path, report: Report, extra: Mapping[str, Any] = _NOTHING_MORE) -> Any:
    """The object that a mapping means, with the attributes `extra` besides; `BAD` where anything in it is mistaken."""
    n_problems = len(report)
    attributes = fields(entry, shape.fields, path, report)
    if attributes is None or len(report) > n_problems:
        return BAD
    return build(shape.type, {**attributes, **extra}, entry, path, report)


def named_records(entry: Entry, shape: Named, path: Path, report: Report) -> dict[str, Any] | None:
    """The records of a mapping of names, in the order of the file, each an object or `BAD`.

    None where it is no mapping.
    """
    mapping = as_mapping(entry, path, report)
    if mapping is None:
        return None
    records: dict[str, Any] = {}
    for name, given in mapping.entries.items():
        is_name = check_name(given, name, shape.key, path, report)
        made = record(given, shape.record, (*path, name), report, {"name": name})
        records[name] = made if is_name else BAD
    return records


def check_name(entry: Entry, name: str, shape: Text, path: Path, report: Report) -> bool:
    """Whether the key `name` of the mapping at `path` has the form of a name; reported where not."""
    if re.fullmatch(shape.pattern, name):
        return True
    report.add(entry.mark, (*path, name), f"found {quote(name)}, allowed {shape.allowed}")
    return False


def as_mapping(entry: Entry, path: Path, report: Report) -> MappingNode | None:
    """The mapping in `entry`; reported, and None, where it is something else."""
    if isinstance(entry.value, MappingNode):
        return entry.value
    if not isinstance(entry.value, Broken):
        report.add(entry.value.mark, path, f"found {kind_of(entry.value)}, allowed a mapping of keys and values")
    return None


def _table(entry: Entry, shape: Table, path: Path, report: Report) -> Any:
    mapping = as_mapping(entry, path, report)
    if mapping is None:
        return BAD
    table: dict[Any, Any] = {}
    for key, given in mapping.entries.items():
        written = Scalar(given.mark, key, plain=True)
        name = convert(Entry(given.mark, written), shape.key, (*path, key), report)
        table[name] = convert(given, shape.value, (*path, key), report)
    return BAD if BAD in table or BAD in table.values() else table


def _items(entry: Entry, shape: Items, path: Path, report: Report) -> Any:
    node = entry.value
    if shape.single and isinstance(node, Scalar):
        node = Sequence(node.mark, [node])
    if not isinstance(node, Sequence):
        report.add(node.mark, path, f"found {kind_of(node)}, allowed {allowed(shape)}")
        return BAD
    items = [
        convert(Entry(item.mark, item), shape.value, (*path, str(index)), report)
        for index, item in enumerate(node.items)
    ]
    return BAD if BAD in items else shape.to(items)
