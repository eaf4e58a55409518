"""What a gateway reports of a device: its channels, what it refused, and the smallest update that says so. No I/O."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from gateway.core.reading import Value
from gateway.core.shadow import equal

ERRORS_KEY = "_errors"
"""Where refused values are explained; no channel has this name."""
ERRORS_MAX = 16
"""Refusals in one document: together they stay below half of the 8 KB that a document may have."""
WANT_CHARACTERS_MAX = 64
"""Of a refused text so much is reported; of a longer name nothing is, because no channel has one."""
WANT_MAX = 2.0**53
"""Larger numbers are not the same to every reader of JSON."""

Json = dict[str, object]


class Refusal(NamedTuple):
    """Why a wish was not fulfilled, and the value that it was about."""

    code: str
    want: object


def reported(actual: Mapping[str, Value], refused: Mapping[str, Refusal]) -> Json:
    """What `reported` should be. However strange a refused value is, the service can take what is said of it."""
    # JSON has no word for a number that is none; said as null it would differ for ever.
    should: Json = {name: value for name, value in actual.items() if isinstance(value, str) or math.isfinite(value)}
    told = [(channel, refusal) for channel, refusal in refused.items() if len(channel) <= WANT_CHARACTERS_MAX]
    if told:
        should[ERRORS_KEY] = {
            channel: {"code": refusal.code, "want": _shown(refusal.want)} for channel, refusal in told[:ERRORS_MAX]
        }
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


def _shown(want: object) -> Value:
    if isinstance(want, str):
        return want[:WANT_CHARACTERS_MAX]
    if isinstance(want, bool | int | float):
        return want if abs(want) <= WANT_MAX else "a number beyond all bounds"
    return "an object" if isinstance(want, dict) else "a list"
