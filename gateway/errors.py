"""Every error that edgetwin raises itself, by what the one who meets it can do.

EdgetwinError
    ConfigError          a human has to change the configuration; the text names the place and what is allowed
    StoreError           the disk did not take or give it; nothing was promised on the strength of it
        StoreBusyError   another daemon has this store open
        StoreDownError   its disk is full, read-only or failing, or not ours to write; that may pass
    LinkError            the broker cannot be reached or did not take it; try again later
        LinkRefusedError the broker answered and said no; trying again soon is useless
        WrongVersionError another version of MQTT may work
        AsleepError      the session was ended by plan, nothing is wrong
"""

from __future__ import annotations


class EdgetwinError(Exception):
    """Something that edgetwin knows how to name; `hint` says what to do about it."""

    hint = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        if hint:
            self.hint = hint


class ConfigError(EdgetwinError):
    """The configuration is not usable; a human has to change it."""


class StoreError(EdgetwinError):
    """The disk did not take it or give it back."""


class StoreBusyError(StoreError):
    """Another process has this store open."""


class StoreDownError(StoreError):
    """The disk is full, read-only or failing, or may not be written: nobody's mistake in a file, and it may pass."""


class LinkError(EdgetwinError):
    """The broker cannot be reached, or went away."""


class LinkRefusedError(LinkError):
    """The broker answered and refused: credentials, rights, or an id that is in use."""

    caps = 1
    """So many times `link.backoff_cap` should pass before it is asked again."""

    def __init__(self, message: str, *, hint: str = "", caps: int = 1) -> None:
        super().__init__(message, hint=hint)
        self.caps = caps


class WrongVersionError(LinkError):
    """The broker does not speak this version of MQTT, or did not even say so."""


class AsleepError(LinkError):
    """Nothing is left to say until the next session is due."""
