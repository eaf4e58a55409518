"""The project's own source as values: modules, and what each imports and when."""

from __future__ import annotations

import ast
import enum
import functools
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("gateway", "drivers", "twin", "demo")
"""What is installed."""

_MODULE_REFERENCE = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)+(:[A-Za-z_][A-Za-z0-9_]*)?")


class When(enum.Enum):
    """The moment at which an import statement runs."""

    LOADED = "when the module is loaded"
    CALLED = "when a function is called"
    NEVER = "only for the type checker"


@dataclass(frozen=True)
class Import:
    """One thing that a module imports; `name` is a module of the house in full, or the top-level name of another's."""

    name: str
    when: When
    line: int


@dataclass(frozen=True)
class Module:
    """One source file."""

    name: str
    path: str
    tree: ast.Module
    imports: tuple[Import, ...]
    references: frozenset[str]
    """Modules that stand in a string such as `"drivers.sht4x:Sht4x"`, to be loaded by name."""


def parse(name: str, path: str, text: str, house: frozenset[str]) -> Module:
    """The module `name` with the source `text`, in a house that has the modules `house`."""
    tree = ast.parse(text, path)
    package = name if path.endswith("__init__.py") else name.rpartition(".")[0]
    collector = _Collector(package, house)
    collector.visit(tree)
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    references = {text.partition(":")[0] for text in texts if _MODULE_REFERENCE.fullmatch(text)}
    return Module(name, path, tree, tuple(collector.found), frozenset(references & house))


@functools.cache
def modules() -> dict[str, Module]:
    """Every module of the rooms by its full name."""
    paths = {_name(path): path for path in python_files(*ROOMS)}
    house = frozenset(paths)
    return {
        name: parse(name, path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"), house)
        for name, path in paths.items()
    }


def python_files(*folders: str) -> list[Path]:
    """Every Python file in these folders of the project, in order."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file, methods and inner ones too."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def is_in(name: str, parent: str) -> bool:
    """Whether module `name` is `parent` or lies in it."""
    return name == parent or name.startswith(parent + ".")


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


class _Collector(ast.NodeVisitor):
    """Walks one file and notes its imports."""

    def __init__(self, package: str, house: frozenset[str]) -> None:
        self.found: list[Import] = []
        self._package = package
        self._house = house
        self._when = When.LOADED

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._note(alias.name, node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = node.module or ""
        if node.level:
            above = self._package.split(".")[: len(self._package.split(".")) - node.level + 1]
            base = ".".join([*above, base] if base else above)
        for alias in node.names:
            whole = f"{base}.{alias.name}"
            self._note(whole if whole in self._house else base, node.lineno)

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" not in ast.unparse(node.test):
            self.generic_visit(node)
            return
        self._visit_as(When.NEVER, node.body)
        self._visit_as(self._when, node.orelse)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_as(When.CALLED, node.body)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._visit_as(When.CALLED, node.body)

    def _visit_as(self, when: When, body: list[ast.stmt]) -> None:
        before, self._when = self._when, when if self._when is not When.NEVER else When.NEVER
        for statement in body:
            self.visit(statement)
        self._when = before

    def _note(self, name: str, line: int) -> None:
        top = name.partition(".")[0]
        self.found.append(Import(name if top in ROOMS else top, self._when, line))
