"""Short ways to open links and look at what they leave behind."""

from __future__ import annotations

import asyncio
import contextlib
import os

import pytest

from gateway.cloud.link import open_session
from gateway.core.settings import LinkSettings, Protocol
from gateway.errors import LinkError

WILL = ("gw/status", b"offline")


def settings_for(address, **options):
    """The settings of a link to (host, port), as a broker or a socket gives it."""
    host, port = tuple(address)[:2]
    return LinkSettings(host=host, port=port, **options)


def open_link(settings, version=Protocol.V5, client_id="gw"):
    return open_session(settings, client_id, WILL, version)


async def attempt(settings, version=Protocol.V5):
    """One attempt that is hoped to fail: connect, and wait for the end."""
    async with open_link(settings, version) as session:
        async for _ in session.messages():
            pass


def lost(match=None):
    """What is inside ends with the loss of the link."""
    return pytest.raises(LinkError, match=match)


async def next_message(session):
    """The next message that arrives."""
    async with contextlib.aclosing(session.messages()) as messages:
        return await anext(messages)


def leftovers():
    """What a link could leave behind: open files and tasks."""
    return len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks())  # noqa: PTH208 - names only
