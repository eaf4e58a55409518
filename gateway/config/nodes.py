"""The file as a tree: only text, with the place of everything.

What a text means is decided by the type that wants it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.config.problems import Mark, Path


@dataclass(frozen=True, slots=True)
class Scalar:
    """One text. `plain` is False where it was quoted or a block, which makes it a text for good."""

    mark: Mark
    text: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the file; no key stands twice."""

    mark: Mark
    entries: dict[str, Entry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    mark: Mark
    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Broken:
    """A value that has been reported already; nothing more is said about it."""

    mark: Mark


Node = Scalar | Mapping | Sequence | Broken


@dataclass(frozen=True, slots=True)
class Entry:
    """A value together with the place of its key."""

    mark: Mark
    value: Node


def step(node: Node, key: str) -> Entry | None:
    """What stands under `key` in a mapping, or at that index in a list."""
    if isinstance(node, Mapping):
        return node.entries.get(key)
    if isinstance(node, Sequence) and key.isdecimal() and int(key) < len(node.items):
        item = node.items[int(key)]
        return Entry(item.mark, item)
    return None


def find(root: Node, path: Path) -> Entry | None:
    """The entry at `path`, None where the file does not have it."""
    entry: Entry | None = Entry(root.mark, root)
    for key in path:
        entry = step(entry.value, key) if entry else None
    return entry


def nearest(root: Node, path: Path) -> Mark:
    """Where `path` stands: its value, or for what is missing the key of the innermost mapping that should have it."""
    entry = find(root, path)
    if entry is not None:
        return entry.value.mark if isinstance(entry.value, Scalar) else entry.mark
    return nearest(root, path[:-1])
