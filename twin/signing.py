"""Signing of commands (docs/wire.md, Signed commands); the library is loaded only by who signs."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

from gateway.core.signing import signed_bytes
from gateway.core.wire import Signature, SignedRequest, encode

Sign = Callable[[str, str, bytes], bytes]
"""The signed message of an order to a gateway under an id."""


def signer(name: str, file: Path) -> Sign:
    """What signs orders with the private key in a PEM file, which gateways know by `name`.

    Raises:
        ValueError: it is no Ed25519 key, or the library is not installed.
        OSError: it cannot be read.
    """
    try:
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - only here
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - only here
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - as above
    except ImportError:
        raise ValueError("to sign commands takes a library: install edgetwin[signed]") from None
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except TypeError:  # It has a passphrase.
        raise ValueError(f"{file}: is locked by a passphrase") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(f"{file}: is no private key in PEM; openssl genpkey -algorithm ed25519 makes one") from None
    if not isinstance(key, Ed25519PrivateKey):
        reason = f"{file}: is no Ed25519 key; openssl genpkey -algorithm ed25519 makes one"
        raise ValueError(reason)  # noqa: TRY004 - of the file, not of our types

    def sign(gateway: str, execution: str, order: bytes) -> bytes:
        raw = key.sign(signed_bytes(gateway, execution, order))
        signature = Signature(key=name, ed25519=base64.b64encode(raw).decode())
        return encode(SignedRequest(order=order.decode(), signature=signature))

    return sign
