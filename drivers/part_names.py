"""Which driver reads the part that somebody has: by what is printed on the chip or on the board."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

MULTIPLEXERS = frozenset({"tca9548", "tca9548a", "pca9548", "pca9548a"})
"""Parts that are a bus and no device."""

MULTIPLEXER_HINT = "a multiplexer is written in `bus`, as i2c-1/0x70/3"

DRIVERS_MAX = 3
"""A word that more drivers have in their titles, such as a maker's, names no part."""


def drivers_for(word: str, titles: Mapping[str, str]) -> tuple[str, ...]:
    """The drivers of `titles` (name -> title) that have `word` as their name or in their title, in alphabetical order.

    Case, hyphens and underscores make no difference: `SHT4X`, `hc-sr04`, `PZEM004T`.
    """
    wanted = _plain(word)
    if not wanted:
        return ()
    same = tuple(name for name in sorted(titles) if _plain(name) == wanted)
    found = same or tuple(name for name in sorted(titles) if wanted in _parts(titles[name]))
    return found if len(found) <= DRIVERS_MAX else ()


def hint(word: str, titles: Mapping[str, str]) -> str:
    """What to write where somebody asked for `word`, a part of one of `titles` or a multiplexer; else nothing."""
    if _plain(word) in MULTIPLEXERS:
        return MULTIPLEXER_HINT
    found = drivers_for(word, titles)
    return f"did you mean {' or '.join(f'{name} ({titles[name]})' for name in found)}?" if found else ""


def _parts(title: str) -> Iterator[str]:
    return (_plain(part) for part in re.split(r"[\s,:()]+", title))


def _plain(text: str) -> str:
    return re.sub(r"[-_ ]", "", text).casefold()
