"""When something was written into a shadow's `desired`, as the other side of a conflict needs to know it.

A stock client of the service knows nothing of hybrid logical clocks, but the service notes the second of every change.
Of those who want to say it more exactly, `desired` takes a stamp beside the value, in the same update:
`{"setpoint": 22, "_stamps": {"setpoint": "019a3c5f21e80000-phone"}}`. A stamp is believed only while the value beside
it has not been written again by somebody who gave none.
"""

from __future__ import annotations

from gateway.core.hybrid_clock import NEVER, Stamp, of_seconds, stamp_of
from gateway.core.shadow_request import Json

STAMPS_KEY = "_stamps"
"""Where stamps lie, in `desired`, and in `reported` once they were taken; no channel has this name."""
STAMPS_MAX = 64
"""So many are told back; no device has more channels to drive."""
TWIN = "twin"
"""The writer of what bears no name."""


def stamp_for(name: str, metadata: Json, state: Json) -> Stamp:
    """When the property `name` was desired, by the metadata of the service and the stamps in `state`."""
    at_s = newest_s(metadata.get(name))
    stamps, noted = state.get(STAMPS_KEY), metadata.get(STAMPS_KEY)
    given = stamp_of(stamps.get(name)) if isinstance(stamps, dict) else None
    if given is None or not isinstance(noted, dict) or newest_s(noted.get(name)) < at_s:
        return of_seconds(at_s, TWIN) if at_s else NEVER
    return given if given.node else given._replace(node=TWIN)


def taken(desired: Json) -> Json:
    """The stamps in a document that can be read, for `reported`: so they are in no delta for ever."""
    stamps = desired.get(STAMPS_KEY)
    if not isinstance(stamps, dict):
        return {}
    return dict([(name, text) for name, text in stamps.items() if stamp_of(text)][:STAMPS_MAX])


def newest_s(metadata: object, depth: int = 8) -> float:
    """The newest time in a tree of metadata, Unix seconds; 0 where there is none."""
    if isinstance(metadata, list):
        return max((newest_s(below, depth - 1) for below in metadata), default=0.0) if depth else 0.0
    if not isinstance(metadata, dict) or not depth:
        return 0.0
    at_s = metadata.get("timestamp")
    if isinstance(at_s, int | float) and not isinstance(at_s, bool) and at_s >= 0:
        return float(at_s)
    return max((newest_s(below, depth - 1) for below in metadata.values()), default=0.0)
