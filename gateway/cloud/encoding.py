"""The bytes of a batch, in the encoding that was asked for and that the twin is known to read."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.core import compact
from gateway.core.dictionary import Dictionary, cbor_pack, dictionary_of
from gateway.core.segment import Outgoing, compress, encode_pack, plain_pack
from gateway.core.senml_cbor import transcode
from gateway.core.settings import Encoding
from gateway.core.wire import Birth

CBOR = "cbor"
"""The word for it in `Ack.accepts`."""
SMALL_BYTES_MAX = 1024
"""Of the records in a batch that is packed with the dictionary, some twenty readings: beyond, zlib alone does nearly as
well, and without translating each record."""


class PackEncoder:
    """JSON until the twin has said that it reads what was asked for."""

    def __init__(self, wanted: Encoding, *, use_dictionary: bool = True, use_zlib: bool = True) -> None:
        self._wanted = wanted
        self._use_zlib = use_zlib
        self._use_dictionary = use_dictionary
        self._dictionary: Dictionary | None = None
        self._accepts: frozenset[str] = frozenset()

    def born(self, birth: Birth) -> None:
        """What the twin was told of this gateway; a dictionary is made of it."""
        self._dictionary = dictionary_of(birth)

    def learn(self, accepts: Sequence[str] | None) -> None:
        """What the twin says that it can read; None where it says nothing."""
        if accepts is not None:
            self._accepts = frozenset(accepts)

    def forget(self) -> None:
        """The twin may be another: a new connection, or it did not answer."""
        self._accepts = frozenset()

    def encode(self, outgoing: Sequence[Outgoing], *, plainly: bool = False) -> bytes:
        """The bytes of one batch; `plainly` where it failed before, so that its form can not be why."""
        if not self._use_zlib:
            return plain_pack(outgoing)
        if plainly or not self._accepts:
            return encode_pack(outgoing)
        try:
            return self._as_read(outgoing)
        except ValueError:  # A time before 1970, a number beyond all: JSON goes as it stands.
            return encode_pack(outgoing)

    def _as_read(self, outgoing: Sequence[Outgoing]) -> bytes:
        """The bytes of one batch, as the twin reads it.

        Raises:
            ValueError: that form has no way to say it.
        """
        known = self._known()
        if self._wanted is Encoding.COMPACT and compact.ACCEPTS in self._accepts:
            return compact.compact_pack(outgoing, known)
        if known is not None and sum(len(item.segment.body) for item in outgoing) <= SMALL_BYTES_MAX:
            return known.pack(cbor_pack(plain_pack(outgoing)))
        if self._wanted is Encoding.CBOR and CBOR in self._accepts:
            return compress(transcode(plain_pack(outgoing)))
        return encode_pack(outgoing)

    def _known(self) -> Dictionary | None:
        """The dictionary, where the twin has the same."""
        known = self._dictionary
        return known if self._use_dictionary and known is not None and known.word in self._accepts else None
