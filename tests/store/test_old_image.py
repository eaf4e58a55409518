"""A box that is set back to an old image of its disk does not give its epochs again."""

from __future__ import annotations

import shutil

from gateway.core.settings import StoreSettings
from gateway.store.database import open_database
from gateway.store.recovery import open_outbox
from tests.fakes.clock import FakeClock
from tests.store.shelf import STORE_ID


async def start(folder, skip):
    """One start; returns its epoch."""
    settings = StoreSettings(directory=str(folder), runtime_directory=str(folder / "run"))
    async with (
        open_database(folder, stamp="now") as database,
        open_outbox(database, "gw", FakeClock(), settings, STORE_ID, skip) as opened,
    ):
        return opened.outbox.ledger.epoch


async def test_starts_from_the_same_image_have_epochs_of_their_own_which_only_rise(tmp_path):
    box, image = tmp_path / "box", tmp_path / "image"
    assert await start(box, 5) == f"{STORE_ID}-6"
    shutil.copytree(box, image)
    first = [await start(box, skip) for skip in (10, 0, 300)]
    shutil.rmtree(box)
    shutil.copytree(image, box)
    again = [await start(box, skip) for skip in (1000, 7, 0)]
    assert first == [f"{STORE_ID}-{number}" for number in (17, 18, 319)]
    assert again == [f"{STORE_ID}-{number}" for number in (1007, 1015, 1016)]
