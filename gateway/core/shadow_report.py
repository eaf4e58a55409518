"""What a gateway reports of a device: its channels, what it refused, and the smallest update that says so. No I/O.

A document has room for 8 KB, and what is desired lies in it too. When the service says that it is full (413), less is
reported, in this order: only the first explanations, without their sentences; no channel that is only read; no
explanations at all. What can be driven is always reported. `_omitted` says in the document that something is missing.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Collection, Mapping
from typing import NamedTuple

import msgspec

from gateway.core.reading import Value
from gateway.core.shadow import equal

ERRORS_KEY, BAD_KEY, OMITTED_KEY = "_errors", "_bad", "_omitted"
"""Where refused values are explained, which channels cannot be read and why, what had no room; no channel has such a
name."""
ERRORS_BYTES_MAX = 3072
"""Explanations of refused values together, as JSON: less than half of the 8 KB that a document may have."""
ERRORS_BYTES_LESS = 1024
"""The same in a document that is full."""
WANT_CHARACTERS_MAX = 64
"""Of a refused text so much is reported; of a longer name nothing is, because no channel has one."""
REASON_CHARACTERS_MAX = 160
"""Of a sentence so much is reported: two lines of a screen."""
WANT_MAX = 2.0**53
"""Larger numbers are not the same to every reader of JSON."""

Json = dict[str, object]


class Refusal(NamedTuple):
    """Why a wish was not fulfilled, and the value that it was about: a code for machines, a sentence for people."""

    code: str
    want: object
    reason: str = ""


class Detail(enum.IntEnum):
    """How much is reported; every step leaves out what the one before does, and more."""

    ALL = 0
    NO_REASONS = 1
    NO_READINGS = 2
    DRIVEN_ONLY = 3

    @property
    def omitted(self) -> list[str]:
        """What is left out, in the words of the document."""
        return ["reasons", "readings", "errors"][: self.value]

    def less(self) -> Detail:
        """The next step."""
        return Detail(min(self + 1, Detail.DRIVEN_ONLY))


class Facts(NamedTuple):
    """What there is to report of a device. `driven` are the channels that can be driven; None where all can."""

    actual: Mapping[str, Value]
    bad: Mapping[str, str] = {}
    refused: Mapping[str, Refusal] = {}
    driven: Collection[str] | None = None


def reported(facts: Facts, detail: Detail = Detail.ALL) -> Json:
    """What `reported` should be. However strange a refused value is, the service can take what is said of it."""

    def told(name: str) -> bool:
        return detail < Detail.NO_READINGS or facts.driven is None or name in facts.driven

    # JSON has no word for a number that is none; said as null it would differ for ever.
    should: Json = {
        name: value
        for name, value in facts.actual.items()
        if told(name) and (isinstance(value, str) or math.isfinite(value))
    }
    bad = {name: reason for name, reason in facts.bad.items() if told(name)}
    if bad and detail < Detail.DRIVEN_ONLY:
        should[BAD_KEY] = bad
    errors = _explained(facts.refused, detail) if detail < Detail.DRIVEN_ONLY else {}
    if errors:
        should[ERRORS_KEY] = errors
    if detail is not Detail.ALL:
        should[OMITTED_KEY] = detail.omitted
    return should


def patch(known: Json, should: Json) -> Json:
    """The smallest update that makes `known` into `should`; null removes what is no longer there."""
    changes: Json = dict.fromkeys(sorted(known.keys() - should.keys()))
    for key, value in should.items():
        have = known.get(key)
        if isinstance(value, dict) and isinstance(have, dict):
            if below := patch(have, value):
                changes[key] = below
        elif key not in known or not equal(value, have):
            changes[key] = value
    return changes


def _explained(refused: Mapping[str, Refusal], detail: Detail) -> Json:
    """As many explanations as there is room for; what has none still differs in the document."""
    errors: Json = {}
    room = ERRORS_BYTES_MAX if detail is Detail.ALL else ERRORS_BYTES_LESS
    for channel, refusal in refused.items():
        if len(channel) > WANT_CHARACTERS_MAX:
            continue
        error: Json = {"code": refusal.code, "want": _shown(refusal.want)}
        if refusal.reason and detail is Detail.ALL:
            error["reason"] = refusal.reason[:REASON_CHARACTERS_MAX]
        room -= len(msgspec.json.encode({channel: error}))
        if room >= 0:
            errors[channel] = error
    return errors


def _shown(want: object) -> Value:
    if isinstance(want, str):
        return want[:WANT_CHARACTERS_MAX]
    if isinstance(want, bool | int | float):
        return want if abs(want) <= WANT_MAX else "a number beyond all bounds"
    return "an object" if isinstance(want, dict) else "a list"
