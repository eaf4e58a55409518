"""The twin as a service: its parts, put together and taken apart in order."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from pathlib import Path

import structlog

from twin.api import listening
from twin.asks import Desk
from twin.complaints import Complaints
from twin.dictionaries import Dictionaries
from twin.door import Door
from twin.link import Link
from twin.retention import Retention
from twin.settings import TwinSettings
from twin.signing import signer
from twin.store import StoreError, open_store
from twin.topics import filters
from twin.writer import Writer


async def serve(settings: TwinSettings, *, stop: asyncio.Event) -> None:
    """Be the twin of every gateway under the prefixes of `settings` until `stop` is set.

    Raises:
        StoreError: the directory cannot be used, another twin has it, or the database no longer answers.
        OSError: the certificates or the socket cannot be used.
    """
    log = structlog.get_logger("twin")
    complaints, dictionaries = Complaints(log), Dictionaries()
    door = Door(settings.prefixes, complaints, dictionaries, time.time)
    directory = Path(settings.directory)
    error: Exception | None = None
    wanted = [topic for prefix in settings.prefixes for topic in filters(prefix)]

    async def receive(topic: str, payload: bytes, retained: bool) -> None:
        await door.receive(topic, payload, retained, writer, link.send)

    async with open_store(directory) as store:
        link = Link(
            settings,
            wanted,
            receive,
            complaints,
            log,
            identifier=f"edgetwin-twin-{uuid.uuid4().hex[:8]}",
            chance=random.Random(),  # noqa: S311 - jitter, not a secret
        )
        writer = Writer(
            store, settings.prefixes, complaints, now_s=time.time, send=link.send, retention=Retention(settings.keep_s)
        )
        writer.accepts = dictionaries.accepts
        sign = signer(settings.sign_as, Path(settings.sign_key)) if settings.sign_key else None
        desk = Desk(store, writer, settings.prefixes, now_s=time.time, new_id=lambda: uuid.uuid4().hex, sign=sign)
        try:
            async with asyncio.TaskGroup() as group:
                writing = group.create_task(writer.run(), name="twin.writer")
                async with listening(directory, desk):
                    linked = group.create_task(link.run(), name="twin.link")
                    await stop.wait()
                linked.cancel()
                writing.cancel()
        except* StoreError as failed:
            error = failed.exceptions[0]
    if error is not None:
        raise error
    log.info("stopped", complaints=complaints.counts)
