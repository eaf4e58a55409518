"""The shape of the files: short, typed, explained, and with nothing left for later."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.source import ROOMS, ROOT, functions, python_files

LONGEST_FILE = 250
LONGEST_FUNCTION = 50
EVERYWHERE = (*ROOMS, "tests", "bench")
SCRIPTS = sorted(path for folder in ("scripts", ".ci") for path in (ROOT / folder).iterdir() if path.is_file())
FILES = [path.relative_to(ROOT).as_posix() for path in python_files(*EVERYWHERE)]
PRODUCT = [path.relative_to(ROOT).as_posix() for path in python_files(*ROOMS)]
# Put together here, so that this file does not find itself.
LATER = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")


def tree_of(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"), name)


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def untyped(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether an argument or the result has no type; `self` and `cls` need none."""
    spec = node.args
    arguments = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *filter(None, (spec.vararg, spec.kwarg))]
    return node.returns is None or any(one.annotation is None and one.arg not in {"self", "cls"} for one in arguments)


@pytest.mark.parametrize("name", [*FILES, *(path.relative_to(ROOT).as_posix() for path in SCRIPTS)])
def test_a_file_fits_in_the_head(name):
    lines = (ROOT / name).read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST_FILE


@pytest.mark.parametrize("name", FILES)
def test_a_function_fits_on_the_screen(name):
    sizes = {f"{node.name} at line {node.lineno}": lines_of(node) for node in functions(tree_of(name))}
    assert {place: size for place, size in sizes.items() if size > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("name", PRODUCT)
def test_everything_is_typed(name):
    assert [f"{node.name} at line {node.lineno}" for node in functions(tree_of(name)) if untyped(node)] == []


def test_a_missing_type_is_found():
    good, bad, worse = functions(
        ast.parse("def a(self, b: int, *c: int) -> None: ...\ndef d(e) -> None: ...\ndef f(): ...")
    )
    assert [untyped(node) for node in (good, bad, worse)] == [False, True, True]


@pytest.mark.parametrize("name", PRODUCT)
def test_a_module_says_what_it_is_for(name):
    assert ast.get_docstring(tree_of(name))


def test_nothing_is_left_for_later():
    files = [*python_files(*EVERYWHERE), *SCRIPTS]
    files += [
        path for pattern in ("*.md", "*.toml", "docs/**/*.md", "config/*", "systemd/*") for path in ROOT.glob(pattern)
    ]
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        if path.is_file()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if LATER.search(line)
    ]
    assert found == []


def shortcuts(tree: ast.Module) -> list[str]:
    """What no test may use: mocks, which know nothing of the contract, and waiting in real time."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.startswith(("unittest", "mock"))]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [name for name in names if name.startswith(("unittest", "mock.")) or name == "time.sleep"]
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == "time.sleep":
            found.append("time.sleep")
    return found


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("tests/")])
def test_tests_neither_mock_nor_sleep(name):
    assert shortcuts(tree_of(name)) == []


@pytest.mark.parametrize(
    "line",
    ["from unittest import mock", "import unittest.mock", "from time import sleep", "import time\ntime.sleep(1)"],
)
def test_a_shortcut_is_found(line):
    assert shortcuts(ast.parse(line))


def test_no_two_test_files_have_one_name():
    """The folders of tests are no packages: of two files with one name only the first would be collected."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(set(names)) == sorted(names)
