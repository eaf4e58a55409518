"""What gateways may rest their batches on: the dictionaries of the births that came, and what is said of them."""

from __future__ import annotations

from gateway.core import compact
from gateway.core.dictionary import Dictionary, dictionary_of
from gateway.core.wire import Birth, ack_topic
from twin.topics import Address

ACCEPTS = ["zlib", "cbor", compact.ACCEPTS]
"""What can be read beside plain JSON, whoever sends it."""

KEPT = 2
"""Dictionaries of one gateway: that of its birth, and the one before it for batches that were on their way."""

BYTES_MAX = 32 * 1024 * 1024
"""Of all dictionaries. Those of the gateways that were born longest ago are forgotten first; they send plainly then."""


def always(_topic: str) -> list[str]:
    """What is said where no births are kept."""
    return list(ACCEPTS)


class Dictionaries:
    """The dictionaries of every gateway, by the topic on which it is answered. In memory only: births are retained."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._known: dict[str, tuple[Dictionary, ...]] = {}

    def learn(self, address: Address, birth: Birth) -> None:
        """A gateway said who it is."""
        topic = _topic(address)
        new = dictionary_of(birth)
        before = self._known.pop(topic, ())
        known = (new, *(one for one in before if one.number != new.number))[:KEPT]
        self._bytes += _size(known) - _size(before)
        self._known[topic] = known
        while self._bytes > self._bytes_max:
            oldest = next(iter(self._known))
            self._bytes -= _size(self._known.pop(oldest))

    def known(self, address: Address) -> tuple[Dictionary, ...]:
        """What a batch of a gateway may rest on."""
        return self._known.get(_topic(address), ())

    def accepts(self, topic: str) -> list[str]:
        """What is said on `topic` of what can be read."""
        return [*ACCEPTS, *(one.word for one in self._known.get(topic, ()))]


def _topic(address: Address) -> str:
    return ack_topic(address.prefix, address.gateway)


def _size(known: tuple[Dictionary, ...]) -> int:
    """Bytes of memory, about: the text, and each name with what a small object takes."""
    return sum(len(one.text) + sum(len(named.bn) + 200 for named in one.series) for one in known)
