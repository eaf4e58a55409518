"""What a twin has to be told."""

from __future__ import annotations

import msgspec

DAY_S = 86_400.0


class TwinSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the broker is, which topics are served, and where everything is kept."""

    directory: str
    """Holds the database, the lock and the socket `twin.sock`."""
    host: str = "localhost"
    port: int = 1883
    username: str | None = None
    password: str | None = None
    tls: bool = False
    """Encrypt, and verify the server's certificate."""
    ca: str | None = None
    """File of trusted certificates (PEM); the system's own where not given."""
    prefixes: tuple[str, ...] = ("edgetwin",)
    """Topics begin with one of these; `$aws` serves stock clients of the AWS device shadow."""
    keep_s: float | None = 400 * DAY_S
    """How long readings and finished commands are kept, None for ever; a year, and the month before it."""
    sign_as: str = ""
    """The name by which gateways know the key in `sign_key`, a file (PEM) that every command is signed with."""
    sign_key: str = ""
    keepalive_s: int = 30
    timeout_s: float = 10.0
    """The longest wait for the broker to answer."""
    backoff_s: float = 0.5
    """Wait before the second attempt to connect; grows twofold with full jitter."""
    backoff_cap_s: float = 30.0
