"""The bytes of a batch, in the encoding that was asked for and that the twin is known to read."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.core.segment import Outgoing, compress, encode_pack, expand
from gateway.core.senml_cbor import transcode
from gateway.core.settings import Encoding

CBOR = "cbor"
"""The word for it in `Ack.accepts`."""


class PackEncoder:
    """JSON until the twin has said that it reads what was asked for."""

    def __init__(self, wanted: Encoding) -> None:
        self._wanted = wanted
        self._accepts: frozenset[str] = frozenset()

    def learn(self, accepts: Sequence[str] | None) -> None:
        """What the twin says that it can read; None where it says nothing."""
        if accepts is not None:
            self._accepts = frozenset(accepts)

    def forget(self) -> None:
        """A new connection: the twin may be another."""
        self._accepts = frozenset()

    def encode(self, outgoing: Sequence[Outgoing]) -> bytes:
        """The bytes of one batch."""
        payload = encode_pack(outgoing)
        if self._wanted is Encoding.CBOR and CBOR in self._accepts:
            return compress(transcode(expand(payload)))
        return payload
