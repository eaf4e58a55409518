"""What is signed of a command, and how signed ones travel (`docs/wire.md`, Signed commands).

The order travels as the very text that was signed. So there is no form to bring it into before it can be verified, on
which two programs could differ, and nothing of it is read before the signature is known to be right.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from gateway.core.command import ReasonCode
from gateway.core.wire_commands import Signature, SignedRequest

CONTEXT = b"edgetwin command 1"
"""What a signature is for: one that was given for anything else is none for a command."""


class SignatureError(Exception):
    """A command is not signed as it has to be."""

    def __init__(self, code: ReasonCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Envelope(NamedTuple):
    """An order as it came, and its signature where it has one."""

    order: bytes
    signature: Signature | None = None


class _Probe(msgspec.Struct, frozen=True):
    signature: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def open_envelope(payload: bytes) -> Envelope:
    """What arrived, told apart by whether there is a `signature`.

    Raises:
        msgspec.DecodeError: it is neither a plain nor a signed request.
    """
    try:
        if msgspec.json.decode(payload, type=_Probe).signature is msgspec.UNSET:
            return Envelope(payload)
        signed = msgspec.json.decode(payload, type=SignedRequest)
    except (RecursionError, UnicodeDecodeError) as error:
        raise msgspec.DecodeError(str(error)) from None
    return Envelope(signed.order.encode(errors="surrogatepass"), signed.signature)


def signed_bytes(gateway: str, execution: str, order: bytes) -> bytes:
    """The bytes that are signed: context, gateway and execution, each ended by a line feed, then the order itself.

    Neither a gateway's id nor an execution's can hold a line feed, so no two different commands have the same bytes.
    """
    return b"\n".join((CONTEXT, gateway.encode(), execution.encode(), order))
