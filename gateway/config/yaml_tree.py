"""Strict YAML: one document of mappings, lists and plain texts, with the place of everything.

Rule: the tree is built from the parser's events, never by the library's constructors or composer. So nothing is
expanded, nothing recurses, and the limits below stop a hostile file while it is being read.

Refused: anchors, aliases, merge keys and tags (with them a file of a kilobyte can mean gigabytes, or code), keys that
stand twice (one of the two would silently win), and keys that are no text.
"""

from __future__ import annotations

from typing import Any

import yaml

from gateway.config.nodes import Broken, Entry, Mapping, Node, Scalar, Sequence
from gateway.config.problems import Mark, Path, Report, quote
from gateway.config.source import FORBIDDEN

DEPTH_MAX = 16
"""Mappings and lists inside one another. A site needs six; whoever walks the tree may recurse."""

NODES_MAX = 20_000
"""Keys, values, mappings and lists in a file: a thousand devices of twenty each."""

FASTEST_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML was built with it (six times faster), else the one in Python."""


class _StopError(Exception):
    """A problem after which the rest of the file cannot be understood; it has been reported."""


class _Open:
    """A mapping or list that has begun and not ended. For a mapping `key` is the key that waits for its value."""

    def __init__(self, node: Mapping | Sequence, path: Path) -> None:
        self.node = node
        self.path = path
        self.key: Scalar | None = None
        self.waiting = False

    def next_path(self) -> Path:
        """The path of the value that comes next."""
        if isinstance(self.node, Sequence):
            return (*self.path, str(len(self.node.items)))
        return (*self.path, self.key.text) if self.key else self.path


class _Builder:
    """Turns the parser's events into the tree."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.root: Node | None = None
        self.stack: list[_Open] = []
        self.n_nodes = 0
        self.n_documents = 0

    def feed(self, event: yaml.Event) -> None:
        """Take one event."""
        mark = _mark(event.start_mark)
        match event:
            case yaml.DocumentStartEvent():
                self._document(event, mark)
            case yaml.AliasEvent():
                self._complain(mark, f"found the alias {quote(f'*{event.anchor}')}, allowed plain values", _SPELL_OUT)
                self._place(Broken(mark))
            case yaml.ScalarEvent():
                self._check(event, mark)
                self._place(self._scalar(event, mark))
            case yaml.MappingStartEvent():
                self._check(event, mark)
                self._begin(Mapping(mark))
            case yaml.SequenceStartEvent():
                self._check(event, mark)
                self._begin(Sequence(mark))
            case yaml.CollectionEndEvent():
                self._end()

    def _document(self, event: yaml.DocumentStartEvent, mark: Mark) -> None:
        self.n_documents += 1
        if self.n_documents > 1:
            self._stop(mark, "found a second document, allowed one", "remove the line '---'")
        if event.tags:
            self._complain(mark, "found a %TAG directive, allowed none", "remove it")

    def _check(self, event: yaml.NodeEvent, mark: Mark) -> None:
        if event.anchor is not None:
            self._complain(mark, f"found the anchor {quote(f'&{event.anchor}')}, allowed none", _SPELL_OUT)
        if getattr(event, "tag", None) is not None:
            self._complain(mark, f"found the tag {quote(getattr(event, 'tag', ''))}, allowed none", "remove it")

    def _scalar(self, event: yaml.ScalarEvent, mark: Mark) -> Node:
        # Escapes such as "\0" can put into a text what could not stand in the file.
        forbidden = FORBIDDEN.search(event.value)
        if forbidden:
            self._complain(mark, f"found control character U+{ord(forbidden[0]):04X}, allowed printable text", "")
            return Broken(mark)
        return Scalar(mark, event.value, plain=not event.style)

    def _begin(self, node: Mapping | Sequence) -> None:
        if len(self.stack) >= DEPTH_MAX:
            self._stop(node.mark, f"found more than {DEPTH_MAX} levels, allowed {DEPTH_MAX}")
        path = self.stack[-1].next_path() if self.stack else ()
        self._place(node)
        self.stack.append(_Open(node, path))

    def _end(self) -> None:
        self.stack.pop()

    def _place(self, node: Node) -> None:
        """Put `node` where it belongs: it is the root, an item, a key, or the value of the key that waits."""
        self.n_nodes += 1
        if self.n_nodes > NODES_MAX:
            self._stop(node.mark, f"found more than {NODES_MAX} keys and values, allowed {NODES_MAX}")
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if isinstance(top.node, Sequence):
            top.node.items.append(node)
        elif not top.waiting:
            top.key, top.waiting = self._key(top, node), True
        else:
            if top.key is not None:
                top.node.entries[top.key.text] = Entry(top.key.mark, node)
            top.key, top.waiting = None, False

    def _key(self, top: _Open, node: Node) -> Scalar | None:
        """`node` as a new key of the mapping on top, None where its value is to be dropped."""
        assert isinstance(top.node, Mapping)  # noqa: S101 - only mappings have keys; tells the type checker
        if isinstance(node, Broken):
            return None
        if not isinstance(node, Scalar):
            self.report.add(node.mark, top.path, "found a list or mapping as a key, allowed a name")
            return None
        path = (*top.path, node.text)
        if node.plain and node.text == "<<":
            self.report.add(node.mark, path, "found a merge key, allowed none", _SPELL_OUT)
            return None
        first = top.node.entries.get(node.text)
        if first is not None:
            self.report.add(node.mark, path, f"stands twice; the first is in line {first.mark.line}", "remove one")
            return None
        return node

    def _complain(self, mark: Mark, message: str, hint: str) -> None:
        self.report.add(mark, self.stack[-1].next_path() if self.stack else (), message, hint)

    def _stop(self, mark: Mark, message: str, hint: str = "") -> None:
        self.report.add(mark, self.stack[-1].next_path() if self.stack else (), message, hint)
        raise _StopError


_SPELL_OUT = "write the value out where it is needed"


def parse(text: str, report: Report, loader: Any = FASTEST_LOADER) -> Node | None:
    """The tree of `text`, None where it has no content or cannot be understood; what is wrong is in `report`."""
    builder = _Builder(report)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.feed(event)
    except _StopError:
        return None
    except yaml.MarkedYAMLError as error:
        report.add(_mark(error.problem_mark or error.context_mark), (), f"is not YAML: {_reason(error)}", _hint(error))
        return None
    except yaml.YAMLError as error:
        report.add(Mark(1, 1), (), f"is not YAML: {' '.join(str(error).split())}")
        return None
    return builder.root


def _mark(mark: Any) -> Mark:
    # Either parser has a type of its own for this, which counts from 0.
    return Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)


def _reason(error: yaml.MarkedYAMLError) -> str:
    return ", ".join(" ".join(part.split()) for part in (error.context, error.problem) if part)


def _hint(error: yaml.MarkedYAMLError) -> str:
    reason = _reason(error)
    if "cannot start any token" in reason or "\\t" in reason:
        return "indent with spaces, not tabs; quote texts that begin with a special character"
    if "mapping values are not allowed" in reason:
        return "check the indentation, or quote a text that holds ': '"
    return ""
