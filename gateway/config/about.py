"""What the fields of a settings type mean: the texts that stand below them in the source. Not for the daemon's path."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from collections.abc import Mapping


def about_fields(settings: type) -> Mapping[str, str]:
    """Attribute to its meaning, on one line; without the fields that have no text."""
    texts: dict[str, str] = {}
    # A field may be inherited; what the type itself says of it counts last.
    for base in reversed(settings.__mro__[:-1]):
        texts.update(_texts(base))
    return texts


def about_type(settings: type) -> str:
    """What the type says of itself, on one line."""
    return squeezed(settings.__doc__ or "")


def squeezed(text: str) -> str:
    """`text` with every run of blanks and line ends as one blank."""
    return " ".join(text.split())


def _texts(settings: type) -> Mapping[str, str]:
    try:
        source = textwrap.dedent(inspect.getsource(settings))
    except (OSError, TypeError):  # A class that no file holds, such as those of the interpreter.
        return {}
    (definition,) = ast.parse(source).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    texts: dict[str, str] = {}
    for field, below in itertools.pairwise(body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                texts[name] = squeezed(text)
    return texts
