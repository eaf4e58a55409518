"""The chain of the event log: a digest in every entry that covers the entry and, through the digest before, all others.

An entry that was altered, left out, put in or moved breaks it, and says where. Who can write the whole file can also
forge the whole chain; so its head, one line, is worth keeping somewhere else (`edgetwin log verify` prints it).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

NOTHING = bytes(32)
"""Stands before the first entry."""


class Entry(NamedTuple):
    """A row of the event log, without its digest."""

    id: int
    boot_id: str
    boottime_ns: int
    time_s: float
    clock: str
    kind: str
    data: str


class Anchor(NamedTuple):
    """The last entry that is not there any more, and its digest: where the chain that is left begins."""

    id: int = 0
    digest: bytes = NOTHING


class Verdict(NamedTuple):
    """What was found of a chain."""

    head: Anchor
    """The newest entry."""
    entries: int
    problems: list[str]
    """Each names the entry; empty where the chain holds."""


def digest_of(previous: bytes | None, entry: Entry) -> bytes:
    """SHA-256 (FIPS 180-4) of the digest before, 32 bytes, and the entry as a JSON array of its columns in order."""
    return hashlib.sha256((previous or NOTHING) + msgspec.json.encode(entry)).digest()


def anchor_of(text: str) -> Anchor:
    """The anchor in its text, `id:hexadecimal digest`; empty for none.

    Raises:
        ValueError: it is neither.
    """
    if not text:
        return Anchor()
    number, _, digits = text.partition(":")
    digest = bytes.fromhex(digits)
    if len(digest) != len(NOTHING):
        raise ValueError(f"a digest has {len(NOTHING)} bytes, this one {len(digest)}")
    return Anchor(int(number), digest)


def verify(anchor: Anchor, rows: Iterable[tuple[Entry, bytes | None]], problems_max: int = 20) -> Verdict:
    """Whether `rows`, in the order of their ids, are the chain that begins at `anchor`.

    After a wrong entry it goes on from that entry's own digest, so that each damage is told once. Entries up to the
    anchor that are still there are older than the chain, and have no digest.
    """
    head, count, problems = anchor, 0, []
    for entry, digest in rows:
        count += 1
        if entry.id <= anchor.id:
            if digest is not None:
                problems.append(f"entry {entry.id}: should have been dropped, the chain begins behind {anchor.id}")
            continue
        if entry.id != head.id + 1:
            problems.append(f"entries {head.id + 1} to {entry.id - 1}: missing")
        if digest != digest_of(head.digest, entry) and entry.id == head.id + 1:
            problems.append(f"entry {entry.id}: altered, or the one before it was")
        head = Anchor(entry.id, digest or NOTHING)
    return Verdict(head, count, problems[:problems_max])
