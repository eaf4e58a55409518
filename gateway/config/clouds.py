"""What the cloud behind the broker, and the power, change in the settings of the link, and what is against them.

Facts about AWS IoT Core are those of its developer guide: reserved topics, message broker and protocol limits.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from gateway.config.draft import Draft
from gateway.config.problems import Path, quote
from gateway.config.wording import duration_text
from gateway.core.settings import Acknowledge, Cloud, Encoding, LinkSettings, Power

AWS_PREFIX = "$aws"
BATTERY_CONNECT = "every 15m"
"""Where nobody says: a quarter of an hour is late for nothing but alarms, which do not wait for it."""
BASIC_INGEST = ("$aws", "rules")
"""Topics that begin with these two, and the name of a rule, are read by that rule alone; the three are not counted."""
SLASHES_MAX, TOPIC_BYTES_MAX = 7, 256
KEEPALIVE_S = (30.0, 1200.0)
BATCH_BYTES_MAX = 120_000
"""A message may have 128 KB; the rest is for what a batch says beside its readings."""
OWN_SLASHES = 3
"""Those of `/things/GATEWAY/telemetry` behind the prefix."""


def link_for(draft: Draft) -> LinkSettings:
    """The link of a draft without mistakes, with the defaults of its cloud and power."""
    link: LinkSettings = draft.values.get("link", LinkSettings())
    defaults: dict[str, Any] = {}
    if draft.values.get("power") is Power.BATTERY:
        defaults["connect"] = BATTERY_CONNECT
    if draft.values.get("cloud") is Cloud.AWS:
        defaults |= {
            "acknowledge": Acknowledge.BROKER,
            "shadow_prefix": AWS_PREFIX,
            "compress": False,
            "dictionary": False,
            "needs_subscriber": False,
        }
    return replace(link, **{key: value for key, value in defaults.items() if not draft.given(("link", key))})


def check_cloud(draft: Draft, link: LinkSettings) -> None:
    """Report what the cloud behind the broker does not allow."""
    if draft.values.get("cloud") is not Cloud.AWS:
        return
    for key, message, hint in (*_reserved(link), *_unheard(draft, link), *_limits(link)):
        path: Path = ("link", key)
        draft.problem(path if draft.given(path) else ("cloud",), message, hint)


Mistake = tuple[str, str, str]
"""Key, message and hint."""


def _reserved(link: LinkSettings) -> Iterator[Mistake]:
    """Topics that are the cloud's own."""
    if link.prefix.startswith("$"):
        yield (
            "prefix",
            f"found {quote(link.prefix)}, but with cloud: aws it must not begin with '$'",
            "birth and last will are retained, which topics under $aws do not allow; shadows are there without it",
        )
    if link.shadow_prefix not in (None, AWS_PREFIX):
        found = quote(str(link.shadow_prefix))
        yield "shadow_prefix", f"found {found}, but with cloud: aws shadows are under $aws", "remove it"
    if link.telemetry is not None and link.telemetry.startswith("$"):
        levels = link.telemetry.split("/")
        if tuple(levels[:2]) != BASIC_INGEST or len(levels) < len(BASIC_INGEST) + 1:
            allowed = "a topic of your own, or $aws/rules/RULE and what you like behind it"
            yield "telemetry", f"found {quote(link.telemetry)}, with cloud: aws allowed {allowed}", ""


def _unheard(draft: Draft, link: LinkSettings) -> Iterator[Mistake]:
    """What waits for a word that this cloud never says."""
    if link.acknowledge is Acknowledge.TWIN and draft.given(("link", "acknowledge")):
        message = "found twin, but with cloud: aws nobody acknowledges readings but the broker"
        yield "acknowledge", message, "remove it, or write broker"
    if link.encoding is not Encoding.JSON:
        yield "encoding", f"found {link.encoding}, but with cloud: aws nobody says that it reads that", "remove it"
    if link.tls is None and not _is_this_machine(link.host):
        message = f"the connection to {quote(link.host)} has no 'link.tls', which cloud: aws asks for"
        yield "host", message, "give link.tls with ca, cert and key"


def _limits(link: LinkSettings) -> Iterator[Mistake]:
    low_s, high_s = KEEPALIVE_S
    if not low_s <= link.keepalive_s <= high_s:
        allowed = f"{duration_text(low_s)} to {duration_text(high_s)}"
        yield "keepalive", f"found {duration_text(link.keepalive_s)}, with cloud: aws allowed {allowed}", ""
    if link.batch_bytes > BATCH_BYTES_MAX:
        yield "batch_bytes", f"found {link.batch_bytes}, with cloud: aws allowed at most {BATCH_BYTES_MAX}", ""
    if link.prefix.count("/") + OWN_SLASHES > SLASHES_MAX:
        message = f"found {quote(link.prefix)}, with cloud: aws allowed at most {SLASHES_MAX - OWN_SLASHES} slashes"
        yield "prefix", message, f"a topic has at most {SLASHES_MAX}, and {OWN_SLASHES} follow"
    if link.telemetry is not None:
        levels = link.telemetry.split("/")
        counted = levels[3:] if tuple(levels[:2]) == BASIC_INGEST else levels
        if len(counted) > SLASHES_MAX + 1 or len("/".join(counted).encode()) > TOPIC_BYTES_MAX:
            allowed = f"{SLASHES_MAX} slashes and {TOPIC_BYTES_MAX} bytes"
            yield "telemetry", f"found {quote(link.telemetry)}, with cloud: aws allowed at most {allowed}", ""


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
