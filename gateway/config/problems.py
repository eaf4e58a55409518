"""What is wrong with a configuration, and where: collected, not raised, so that every mistake is told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str, ...]
"""The keys that lead to a value, from the top of the file."""

PROBLEMS_MAX = 200
"""Problems listed for one file. More are no longer typing mistakes but the wrong file, and would fill a log."""

QUOTE_CHARS_MAX = 48
"""Characters of the file's own text that one message repeats, so that a message stays one readable line."""

GUESS_CHARS_MAX = 64
"""Longest word for which a similar one is sought: the longest name that is allowed, and it bounds the cost."""


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in the file; both count from 1. Line 0 means the file as a whole."""

    line: int
    column: int


WHOLE_FILE = Mark(0, 0)
"""The place of a problem that no line of the file is to blame for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake.

    `path` is the dotted key, empty for the file as a whole; `line` and `column` count from 1, and are 0 where the file
    could not be read at all. `hint` says what to write instead, where that is known.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """One line: `file:line:column: path: message; hint`."""
        file = one_line(self.file)
        place = f"{file}:{self.line}:{self.column}" if self.line else file
        parts = (place, self.path, f"{self.message}; {self.hint}" if self.hint else self.message)
        return ": ".join(part for part in parts if part)


class Report:
    """The problems of one file in the order in which they were found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._problems: list[Problem] = []
        self.paths: set[Path] = set()
        """Where something is wrong, also of the problems that are not listed."""

    def __len__(self) -> int:
        return len(self._problems)

    def add(self, mark: Mark, path: Path, message: str, hint: str = "") -> None:
        """Note one problem; beyond `PROBLEMS_MAX` only that there are more."""
        self.paths.add(path)
        if len(self._problems) > PROBLEMS_MAX:
            return
        if len(self._problems) == PROBLEMS_MAX:
            mark, path, hint = WHOLE_FILE, (), ""
            message = f"more than {PROBLEMS_MAX} problems; the others are not listed"
        self._problems.append(self.problem(mark, path, message, hint))

    def problem(self, mark: Mark, path: Path, message: str, hint: str = "") -> Problem:
        """A problem of this file, without noting it."""
        return Problem(
            file=self.file,
            line=mark.line,
            column=mark.column,
            path=".".join(clip(key) for key in path),
            message=message,
            hint=hint,
        )

    def sorted(self) -> list[Problem]:
        """All problems from the top of the file to its end; those of the whole file come last."""
        return sorted(self._problems, key=lambda problem: (problem.line == 0, problem.line, problem.column))


def one_line(text: str) -> str:
    """`text` without line ends, control characters and what is no character at all."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def clip(text: str) -> str:
    """`text` on one line and short."""
    shown = one_line(text)
    return shown if len(shown) <= QUOTE_CHARS_MAX else f"{shown[: QUOTE_CHARS_MAX - 3]}..."


def quote(text: str) -> str:
    """`text` of the file as a message repeats it."""
    return f"'{clip(text)}'"


def guess(word: str, known: Iterable[str]) -> str:
    """The hint `did you mean …?` where a known word is similar to `word`, else nothing."""
    if len(word) > GUESS_CHARS_MAX:
        return ""
    candidates = sorted(known)
    folded = {candidate.casefold(): candidate for candidate in candidates}
    close = difflib.get_close_matches(word.casefold(), folded, n=1)
    return f"did you mean {quote(folded[close[0]])}?" if close else ""


def listing(words: Iterable[str]) -> str:
    """`words` as a message lists them."""
    return ", ".join(words) or "nothing"
