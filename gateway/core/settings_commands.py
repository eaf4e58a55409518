"""What the configuration says of commands from outside."""

from __future__ import annotations

from msgspec import field

from gateway.core.settings_types import Name, Settings, Text


class CommandSettings(Settings, frozen=True, kw_only=True):
    """Commands from outside."""

    require_signature: bool = False
    """Obey only commands that one of `keys` has signed. What a shadow desires is then refused too: nobody signs it."""
    keys: dict[Name, Text] = field(default_factory=dict)
    """Name to the file of a public Ed25519 key (PEM) whose commands are obeyed. Several, so that they can change."""
