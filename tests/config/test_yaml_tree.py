"""Strict YAML: only texts, mappings and lists, each with its place; hostile files stop at a limit."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.nodes import Broken, Mapping, Node, Scalar, Sequence, find, nearest
from gateway.config.problems import Mark, Report
from gateway.config.source import decode
from gateway.config.yaml_tree import DEPTH_MAX, NODES_MAX, parse

LOADERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if yaml.__with_libyaml__ else [])]


@pytest.fixture(params=LOADERS, ids=lambda loader: loader.__name__)
def loader(request):
    return request.param


def problems(text, loader):
    report = Report("f")
    parse(text, report, loader)
    return [str(problem) for problem in report.sorted()]


def values(node: Node | None):
    """The tree as plain lists, mappings and texts."""
    match node:
        case Mapping(entries=entries):
            return {key: values(entry.value) for key, entry in entries.items()}
        case Sequence(items=items):
            return [values(item) for item in items]
        case Scalar(text=text):
            return text
        case _:
            return None


def tree(text, loader=yaml.SafeLoader):
    report = Report("f")
    root = parse(text, report, loader)
    assert report.sorted() == []
    return root


def test_every_value_is_the_text_that_stands_in_the_file(loader):
    text = "a: {b: no, c: 010, d: 12:30:45}\ne: ['on', 0x44, ~]\nf: |\n  two\n  lines\n"
    assert values(tree(text, loader)) == {
        "a": {"b": "no", "c": "010", "d": "12:30:45"},
        "e": ["on", "0x44", "~"],
        "f": "two\nlines\n",
    }


def test_every_value_has_its_place(loader):
    root = tree("a: 1\nb:\n  c: {ä: 2, d: 3}\n", loader)
    entry = find(root, ("b", "c", "d"))
    assert (entry.mark, entry.value.mark) == (Mark(3, 13), Mark(3, 16))
    assert nearest(root, ("b", "c", "missing", "more")) == Mark(3, 3)
    assert nearest(root, ("b", "c", "d")) == Mark(3, 16)
    assert find(root, ("a", "x")) is None


def test_items_of_a_list_are_found_by_their_number(loader):
    root = tree("a: [x, y]", loader)
    assert find(root, ("a", "1")).value == Scalar(Mark(1, 8), "y", plain=True)
    assert find(root, ("a", "2")) is None
    assert find(root, ("a", "y")) is None


def test_quotes_are_remembered(loader):
    root = tree("a: 'x'\nb: x\nc: >\n  x\n", loader)
    assert [find(root, (key,)).value.plain for key in "abc"] == [False, True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x 1", "f:1:4: a: found the anchor '&x', allowed none"),
        ("*x : 1", "f:1:1: found the alias '*x', allowed plain values"),
        ("a: *x", "f:1:4: a: found the alias '*x', allowed plain values"),
        ("a: &x {b: 1}\nc: {<<: *x}", "f:2:5: c.<<: found a merge key, allowed none"),
        ("a: {<<: {b: 1}}", "f:1:5: a.<<: found a merge key, allowed none"),
        ("a: !!str 1", "f:1:4: a: found the tag 'tag:yaml.org,2002:str', allowed none"),
        ("a: !!python/object:os.system {}", "f:1:4: a: found the tag"),
        ("a: !local []", "f:1:4: a: found the tag '!local', allowed none"),
        ("%TAG ! tag:x,2000:\n---\na: 1", "found a %TAG directive, allowed none"),
        ("a: 1\nb: 2\na: 3", "f:3:1: a: stands twice; the first is in line 1"),
        ("a: {b: 1, 'b': 2}", "f:1:11: a.b: stands twice; the first is in line 1"),
        ("? [a, b]\n: 1", "found a list or mapping as a key, allowed a name"),
        ("? {a: b}\n: 1", "found a list or mapping as a key, allowed a name"),
        ("a: 1\n---\nb: 2", "f:2:1: found a second document, allowed one"),
        ("a: 1\n...\n---\n...", "f:3:1: found a second document, allowed one"),
        ('a: "\\0"', "f:1:4: a: found control character U+0000, allowed printable text"),
        ("a: b: c", "f:1:5: is not YAML: mapping values are not allowed"),
        ("a: [1, 2", "is not YAML: while parsing a flow sequence"),
        ("a:\n\tb: 1", "indent with spaces, not tabs"),
        ("a: 1\n b: 2", "f:2:"),
        ("a: @x", "quote texts that begin with a special character"),
        ("a: 'x", "is not YAML"),
        ("%YAML 3.0\n---\na: 1", "is not YAML"),
    ],
)
def test_what_is_not_strict_is_refused_at_its_place(text, expected, loader):
    assert expected in "\n".join(problems(text, loader))


def test_a_problem_in_one_value_does_not_hide_the_next(loader):
    found = problems("a: &x 1\nb: *x\nc: !t 2\nd: 3\nd: 4\n", loader)
    assert [line.split(":")[1] for line in found] == ["1", "2", "3", "5"]


def test_an_alias_leaves_a_hole_that_says_nothing_more(loader):
    report = Report("f")
    root = parse("a: *x\nb: 1", report, loader)
    assert find(root, ("a",)).value == Broken(Mark(1, 4))


def test_the_second_value_of_a_key_is_dropped_with_all_that_is_in_it(loader):
    report = Report("f")
    assert values(parse("a: 1\na: {b: [1, 2]}\nc: 3", report, loader)) == {"a": "1", "c": "3"}


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "\n\n"])
def test_a_file_without_content_is_no_tree_or_an_empty_text(text, loader):
    report = Report("f")
    root = parse(text, report, loader)
    assert root is None or root == Scalar(root.mark, "", plain=True)
    assert report.sorted() == []


def test_the_deepest_tree_that_is_allowed(loader):
    assert problems("[" * DEPTH_MAX + "]" * DEPTH_MAX, loader) == []
    assert "found more than 16 levels" in problems("[" * (DEPTH_MAX + 1) + "]" * (DEPTH_MAX + 1), loader)[0]


def test_the_largest_tree_that_is_allowed(loader):
    assert problems("[" + "a," * (NODES_MAX - 1) + "]", loader) == []
    assert "found more than 20000 keys and values" in problems("[" + "a," * NODES_MAX + "]", loader)[0]


MERGE_BOMB = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 30))
LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 30))
BOMBS = {
    "merge keys": MERGE_BOMB,
    "a billion laughs": LAUGHS,
    "open lists": "[" * 300_000,
    "open mappings": "{" * 300_000,
    "mappings as keys": "{? " * 100_000,
    "nested blocks": "- " * 300_000,
    "keys of keys": "? " * 300_000,
    "deep indentation": "".join(f"{'  ' * level}a:\n" for level in range(700)),
    "many keys": "".join(f"k{n}: 1\n" for n in range(60_000)),
    "itself": "&a [*a]",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_and_not_lit(name, loader):
    # A bomb that goes off never comes back, or ends in a RecursionError.
    assert problems(BOMBS[name], loader)


@given(st.text(alphabet=st.sampled_from(list("ab:{}[],-?&*!|>'\"%#@~ \n\t\\0<")), max_size=60))
def test_any_text_is_a_tree_or_a_problem(text):
    for loader in LOADERS:
        report = Report("f")
        root = parse(text, report, loader)
        assert root is not None or len(report) or not text.strip() or text.lstrip()[0] in "#-.%"


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_one_problem(content):
    report = Report("f")
    text = decode(content, report)
    assert (text is None) == (len(report) == 1)
    if text is not None:
        parse(text, report)
