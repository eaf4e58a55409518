"""The demo's own site file: the example, with another broker and another place for the store.

Only two sections of the example are replaced, as text, and the result is read back by the rules of the configuration:
everything else has to mean what it meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from demo.processes import HOUSE
from gateway.config import load
from gateway.core.settings import Site
from gateway.errors import ConfigError

EXAMPLE = HOUSE / "config" / "greenhouse.yaml"

BACKOFF = {"backoff": "0.2s", "backoff_cap": "1s", "ack_timeout": "3s"}
"""A demo has no hour to wait: after an outage the link is back within a second or two."""

_KEY = re.compile(r"([A-Za-z_]+):")


def make_site(
    target: Path,
    *,
    port: int,
    store: Path,
    runtime: Path,
    link: Mapping[str, str] | None = None,
    example: Path = EXAMPLE,
) -> Site:
    """Write `example` to `target` with a broker on `port` of this machine and the store in these folders.

    `link` adds keys to the section of that name; its values are YAML.

    Raises:
        ConfigError: the example, or what became of it, is not usable.
    """
    given = load(example)
    sections = {
        "link": {"host": "127.0.0.1", "port": str(port), **BACKOFF, **(link or {})},
        "store": {
            "directory": json.dumps(str(store)),
            "runtime_directory": json.dumps(str(runtime)),
            "commit_every": f"{given.store.commit_every_s:g}s",
            "quota": f"{given.store.quota // 1000}kB",
        },
    }
    target.write_text(with_sections(example.read_text(encoding="utf-8"), sections), encoding="utf-8")
    made = load(target)
    if msgspec.structs.replace(made, link=given.link, store=given.store) != given:
        raise ConfigError(f"{target}: says more than {example} with another link and store")
    return made


def with_sections(text: str, sections: Mapping[str, Mapping[str, str]]) -> str:
    """The YAML `text` with these top-level sections in place of its own of the same names; values are YAML."""
    kept = list(_without(text.splitlines(), sections.keys()))
    for name, entries in sections.items():
        kept += ["", f"{name}:", *(f"  {key}: {value}" for key, value in entries.items())]
    return "\n".join(kept) + "\n"


def _without(lines: Iterable[str], names: Iterable[str]) -> Iterable[str]:
    """`lines` without the top-level keys `names` and what is indented below them; comments at the margin stay."""
    unwanted = frozenset(names)
    section = ""
    for line in lines:
        key = _KEY.match(line)
        if key:
            section = key[1]
        indented = line[:1] in (" ", "\t")
        if not (section in unwanted and (key or indented)):
            yield line
