"""Topics by name: what a twin listens to, and what a topic it hears on means."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence

import msgspec


class Kind(enum.StrEnum):
    """What a message is, by its topic."""

    BIRTH = "birth"
    STATUS = "status"
    TELEMETRY = "telemetry"
    EVENTS = "events"
    SHADOW_GET = "get"
    SHADOW_UPDATE = "update"
    SHADOW_DELETE = "delete"
    RESPONSE = "response"


SHADOW_KINDS = (Kind.SHADOW_GET, Kind.SHADOW_UPDATE, Kind.SHADOW_DELETE)


class Address(msgspec.Struct, frozen=True):
    """Where a message came in.

    `item` is the device of a shadow or the id of an execution; it is empty for the classic shadow, which has no name,
    and for everything else. What has shadows alone is called a gateway too.
    """

    prefix: str
    gateway: str
    kind: Kind
    item: str = ""


_THING = r"(?P<gateway>[A-Za-z0-9:_-]{1,128})"
"""Things and shadows have the names of the AWS device shadow, so that stock clients may use what they always did."""
_GATEWAY = r"(?P<gateway>[A-Za-z0-9][A-Za-z0-9_-]{0,63})"
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        rf"/things/{_GATEWAY}/(?P<kind>birth|status|telemetry|events)",
        rf"/things/{_THING}/shadow/(name/(?P<item>[$A-Za-z0-9:_-]{{1,64}})/)?(?P<kind>get|update|delete)",
        rf"/commands/things/{_GATEWAY}/executions/(?P<item>[A-Za-z0-9_-]{{1,64}})/(?P<kind>response)/json",
    )
)


def filters(prefix: str) -> list[str]:
    """The topic filters of one prefix.

    They name requests exactly and never match an answer, so that a twin does not hear itself.
    """
    things = f"{prefix}/things/+"
    return [
        *(f"{things}/{kind}" for kind in (Kind.BIRTH, Kind.STATUS, Kind.TELEMETRY, Kind.EVENTS)),
        *(f"{things}/shadow/{kind}" for kind in SHADOW_KINDS),
        *(f"{things}/shadow/name/+/{kind}" for kind in SHADOW_KINDS),
        f"{prefix}/commands/things/+/executions/+/response/json",
    ]


def parse(topic: str, prefixes: Sequence[str]) -> Address | None:
    """What `topic` means under one of `prefixes`; None where it means nothing, or a name in it is not allowed."""
    for prefix in prefixes:
        if topic.startswith(f"{prefix}/"):
            for shape in _SHAPES:
                found = shape.fullmatch(topic, len(prefix))
                if found is not None:
                    named = found.groupdict()
                    return Address(prefix, named["gateway"], Kind(named["kind"]), named.get("item") or "")
    return None
