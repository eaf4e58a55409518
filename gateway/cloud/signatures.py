"""Signatures of commands (Ed25519, RFC 8032): the only door to the library, which is loaded where they are required."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.core.command import ReasonCode
from gateway.core.settings import CommandSettings
from gateway.core.signing import Envelope, SignatureError, signed_bytes
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from gateway.cloud.commands import Verify

HOW = "openssl pkey -in private.pem -pubout makes it"


def verifier(settings: CommandSettings) -> Verify | None:
    """What verifies orders by the keys of the site; None where no signature is required.

    Raises:
        ConfigError: a key cannot be read, there is none, or the library is not installed.
    """
    if not settings.require_signature:
        return None
    if not settings.keys:
        raise ConfigError("commands.keys: signatures are required and no key is named, so nobody could command")
    keys = {name: public_key(Path(file), f"commands.keys.{name}") for name, file in settings.keys.items()}

    def verify(gateway: str, execution: str, envelope: Envelope) -> str:
        return _verify(keys, gateway, execution, envelope)

    return verify


def public_key(file: Path, place: str) -> Ed25519PublicKey:
    """The public key in a PEM file.

    Raises:
        ConfigError: it cannot be read, is no such key, or the library is not installed.
    """
    try:
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - 7 MB that only signatures need
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415 - as above
    except ImportError:
        raise ConfigError(
            f"{place}: signed commands need a library", hint="install edgetwin[signed], or python3-cryptography"
        ) from None
    try:
        key = load_pem_public_key(file.read_bytes())
    except OSError as error:
        raise ConfigError(f"{place}: {file}: {error.strerror}", hint=HOW) from None
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError(f"{place}: {file}: is no public key in PEM", hint=HOW) from None
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(f"{place}: {file}: is no Ed25519 key", hint="openssl genpkey -algorithm ed25519 makes one")
    return key


def _verify(keys: dict[str, Ed25519PublicKey], gateway: str, execution: str, envelope: Envelope) -> str:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - loaded with the keys

    signature = envelope.signature
    if signature is None:
        raise SignatureError(ReasonCode.UNSIGNED, "only signed commands are obeyed here")
    key = keys.get(signature.key)
    if key is None:
        raise SignatureError(ReasonCode.UNKNOWN_KEY, f"no key {signature.key!r} is known here")
    try:
        raw = base64.b64decode(signature.ed25519, validate=True)
        key.verify(raw, signed_bytes(gateway, execution, envelope.order))
    except (InvalidSignature, binascii.Error):
        reason = f"{signature.key!r} has not signed this order for this gateway under this id"
        raise SignatureError(ReasonCode.BAD_SIGNATURE, reason) from None
    return signature.key
