"""Work that goes on to its end when its caller is cancelled."""

from __future__ import annotations

import asyncio
import gc

import pytest

from gateway.finishing import finished


class Work:
    """Something that takes until `go`, and fails where it is told to."""

    def __init__(self, *, fails=False):
        self.go = asyncio.Event()
        self.done = asyncio.Event()
        self._fails = fails

    async def run(self):
        try:
            await self.go.wait()
            if self._fails:
                raise OSError("the disk is full")
            return "the result"
        finally:
            self.done.set()


async def cancel(waiting):
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_who_waits_gets_the_result_or_the_error():
    good, bad = Work(), Work(fails=True)
    for work in (good, bad):
        work.go.set()
    assert await finished(good.run()) == "the result"
    with pytest.raises(OSError, match="full"):
        await finished(bad.run())


@pytest.mark.parametrize("fails", [False, True])
async def test_who_is_cancelled_waits_no_longer_and_the_work_goes_on_and_no_error_is_called_forgotten(fails):
    said, work = [], Work(fails=fails)
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: said.append(context["message"]))
    await cancel(asyncio.create_task(finished(work.run())))
    assert not work.done.is_set()
    work.go.set()
    await work.done.wait()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gc.collect()
    assert said == []


async def test_work_that_is_itself_cancelled_is_no_error_either():
    said = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: said.append(context["message"]))

    async def gone():
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await finished(gone())
    gc.collect()
    assert said == []
