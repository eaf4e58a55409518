"""One bus is one thread: calls follow each other, a hung one frees the loop, whatever is raised comes back."""

from __future__ import annotations

import asyncio
import threading

import pytest

from drivers.base import BusError, ChecksumError
from gateway.devices.bus_thread import BusThread
from tests.fakes.parts import bus_thread

SOON_S = 0.02
"""A time-out that is meant to be met; the call behind it waits for the test, not for the clock."""


@pytest.fixture
def impatient():
    with bus_thread(timeout_s=SOON_S) as thread:
        yield thread


async def returned(bus):
    """Wait until the call that hung has told the loop that it is over."""
    async with asyncio.timeout(10):
        while not bus._running.done():  # noqa: ASYNC110 - what is waited for has no event of ours
            await asyncio.sleep(0)


async def test_a_call_gives_its_result_from_another_thread(bus):
    name = await bus.call(lambda: threading.current_thread().name)
    assert name == "bus-bus"
    assert threading.current_thread().name != name


async def test_arguments_are_handed_on(bus):
    assert await bus.call(divmod, 7, 2) == (3, 1)


async def test_calls_never_overlap_and_keep_their_order(bus):
    inside, order = [], []

    def work(number):
        inside.append(number)
        assert len(inside) == 1
        order.append(number)
        inside.remove(number)

    await asyncio.gather(*(bus.call(work, number) for number in range(50)))
    assert order == list(range(50))


async def test_two_buses_do_not_wait_for_each_other(bus):
    meet = threading.Barrier(2, timeout=10)
    with bus_thread("other") as other:
        await asyncio.gather(bus.call(meet.wait), other.call(meet.wait))


@pytest.mark.parametrize("error", [ChecksumError("no"), ZeroDivisionError("x"), KeyError("k"), UnicodeError("u")])
async def test_what_a_call_raises_comes_back_and_the_next_call_works(bus, error):
    def fail():
        raise error

    with pytest.raises(type(error)) as caught:
        await bus.call(fail)
    assert caught.value is error
    assert await bus.call(lambda: 1) == 1


@pytest.mark.parametrize("error", [StopIteration(3), SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
async def test_what_would_end_the_loop_comes_back_as_an_ordinary_error(bus, error):
    """A driver that calls next() on an empty iterator must not look like a bus that hangs."""

    def fail():
        raise error

    with pytest.raises(RuntimeError, match=type(error).__name__):
        await bus.call(fail)
    assert await bus.call(lambda: 1) == 1


async def test_a_hung_call_is_reported_in_time_and_the_loop_goes_on(impatient):
    release = threading.Event()
    turns = 0

    async def turn():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    turning = asyncio.create_task(turn())
    with pytest.raises(BusError, match="no answer within"):
        await impatient.call(release.wait)
    assert turns > 10
    turning.cancel()
    release.set()


async def test_while_a_call_hangs_others_fail_at_once_and_are_not_queued_behind_it(impatient):
    release, late = threading.Event(), []
    with pytest.raises(BusError):
        await impatient.call(release.wait)
    for _ in range(3):
        with pytest.raises(BusError, match="hangs"):
            await impatient.call(late.append, 1)
    release.set()
    await returned(impatient)
    assert late == []


async def test_when_the_hung_call_returns_the_bus_works_again(impatient):
    release = threading.Event()
    with pytest.raises(BusError):
        await impatient.call(release.wait)
    release.set()
    await returned(impatient)
    assert await impatient.call(lambda: 2) == 2


async def test_a_hung_call_that_ends_with_an_error_says_nothing_to_anybody(impatient, caplog):
    release = threading.Event()

    def fail():
        release.wait()
        raise ChecksumError("too late")

    with pytest.raises(BusError):
        await impatient.call(fail)
    release.set()
    await returned(impatient)
    impatient._running = None
    assert await impatient.call(lambda: 3) == 3
    assert caplog.records == []


async def test_after_a_caller_that_gave_up_the_next_one_waits_for_the_end_of_its_call(bus):
    """The stop cancels a sampler in the middle of a reading; the safe value that follows must still be driven."""
    begun, release, order = threading.Event(), threading.Event(), []

    def slow():
        begun.set()
        release.wait()
        order.append("reading")

    reading = asyncio.create_task(bus.call(slow))
    await asyncio.get_running_loop().run_in_executor(None, begun.wait)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    writing = asyncio.create_task(bus.call(order.append, "safe value"))
    await asyncio.sleep(0)
    release.set()
    await writing
    assert order == ["reading", "safe value"]


async def test_after_a_caller_that_gave_up_a_call_that_hangs_is_noticed(impatient):
    release = threading.Event()
    reading = asyncio.create_task(impatient.call(release.wait))
    await asyncio.sleep(0)
    reading.cancel()
    for match in ("no answer within", "hangs"):
        with pytest.raises(BusError, match=match):
            await impatient.call(lambda: None)
    release.set()


async def test_a_closed_bus_ends_its_thread_after_what_it_is_doing():
    bus = BusThread("short", 5.0)
    assert await bus.call(lambda: 1) == 1
    bus.close()
    bus._thread.join(10)
    assert not bus._thread.is_alive()


async def test_a_thread_that_hangs_for_ever_does_not_keep_the_process_alive(impatient):
    assert impatient._thread.daemon


def test_a_call_whose_loop_has_ended_ends_quietly():
    release = threading.Event()
    bus = BusThread("late", SOON_S)

    async def give_up():
        with pytest.raises(BusError):
            await bus.call(release.wait)

    asyncio.run(give_up())
    release.set()
    bus.close()
    bus._thread.join(10)
    assert not bus._thread.is_alive()
