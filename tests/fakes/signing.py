"""Keys made for a test, and orders signed with them."""

from __future__ import annotations

import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from twin.signing import signer


def make_key(folder, name, seed=None):
    """Write `name`.pem and `name`.pub; from 32 bytes where they are given."""
    key = Ed25519PrivateKey.generate() if seed is None else Ed25519PrivateKey.from_private_bytes(seed)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / f"{name}.pem").write_bytes(private)
    (folder / f"{name}.pub").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return signer(name, folder / f"{name}.pem")


def signed(sign, gateway, execution, order):
    return sign(gateway, execution, json.dumps(order).encode())
