"""Where messages come into the twin."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.core.senml import UnknownDictionaryError
from gateway.core.wire import Ack, Birth, ack_topic, encode
from twin.changes import Outgoing
from twin.complaints import Complaints
from twin.dictionaries import Dictionaries
from twin.messages import decode_message
from twin.topics import Address, Kind, parse
from twin.writer import Writer


class Door:
    """Messages are read and handed on; what cannot be read is counted, and harms nothing else."""

    def __init__(
        self, prefixes: Sequence[str], complaints: Complaints, dictionaries: Dictionaries, now_s: Callable[[], float]
    ) -> None:
        self._prefixes = prefixes
        self._complaints = complaints
        self._dictionaries = dictionaries
        self._now_s = now_s

    async def receive(
        self, topic: str, payload: bytes, retained: bool, writer: Writer, send: Callable[[list[Outgoing]], None]
    ) -> None:
        """Take a message; `send` tells what can be read, where a batch rests on a birth that did not come here."""
        address = parse(topic, self._prefixes)
        if address is None:
            self._complaints.add("unknown_topic", topic=topic)
            return
        if not payload and address.kind in (Kind.BIRTH, Kind.STATUS):
            return  # Somebody has cleared what the broker kept of a gateway that is gone.
        now_s, known = self._now_s(), self._dictionaries.known(address)
        try:
            message = decode_message(address, payload, now_s, retained=retained, known=known)
        except UnknownDictionaryError as error:
            self._complaints.add("dictionary_unknown", topic=topic, error=error)
            send([self._answer(address, now_s)])
            return
        except ValueError as error:
            self._complaints.add(f"{address.kind}_malformed", topic=topic, error=error)
            return
        if isinstance(message.body, Birth):
            self._dictionaries.learn(address, message.body)
        await writer.put(message)

    def _answer(self, address: Address, now_s: float) -> Outgoing:
        """An acknowledgement of nothing: which readings it would be about, nobody here can tell."""
        topic = ack_topic(address.prefix, address.gateway)
        ack = Ack(ranges=[], received=now_s, sent=self._now_s(), accepts=self._dictionaries.accepts(topic))
        return Outgoing(topic, encode(ack))
