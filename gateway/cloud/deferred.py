"""Modules that a library imports and that we never use through it: loaded when somebody asks them for something."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any


@contextlib.contextmanager
def deferred(name: str) -> Iterator[None]:
    """Let what is imported inside have the module `package.name` only when it uses it.

    An `import package.name` inside finds a module that has nothing, and that becomes the real one with the first
    attribute that is asked of it (PEP 562); so nothing is missing, whatever the library does with it. After the block
    any new import loads the real one. One that is loaded already is left alone.
    """
    if name in sys.modules:
        yield
        return
    standing_in = _StandIn(name)
    package, _, last = name.rpartition(".")
    setattr(importlib.import_module(package), last, standing_in)
    sys.modules[name] = standing_in
    try:
        yield
    finally:
        standing_in.leave()


class _StandIn(ModuleType):
    """Stands in for the module of its name."""

    def leave(self) -> None:
        """Let the next import load the real one."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]

    def __getattr__(self, attribute: str) -> Any:
        # Importing it puts it into its package as well, so that this is not asked again.
        self.leave()
        return getattr(importlib.import_module(self.__name__), attribute)
