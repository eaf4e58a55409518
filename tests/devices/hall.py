"""A plant with one machine that can be asked for operations, and everything that they tell."""

from __future__ import annotations

import asyncio
import contextlib

from drivers.base import Operation, Parameter, Step
from gateway.app.birth import of_device
from gateway.core.command import Source, execution_of
from gateway.core.wire import CommandRequest
from gateway.devices.operator import Machines, Operator
from gateway.store.admission import Admission, Terms
from tests.devices.plant import TARGETS
from tests.fakes.parts import SWITCH, FakePart, device_of

LONG_S = 3600.0


class Machine(FakePart):
    """Has a long operation, a quick one, one that may be repeated, and one that takes too long."""

    left_alone = 0

    @classmethod
    def operations(cls, _settings):
        return (
            Operation(
                name="Cycle", parameters=(Parameter(name="speed", low=1, high=9, default=3.0),), time_limit_s=LONG_S
            ),
            Operation(name="Home"),
            Operation(name="Level", idempotent=True),
            Operation(name="Stuck", time_limit_s=0.01),
        )

    def operate(self, operation, parameters):
        self._ask("operate", operation, *parameters.values())
        if operation == "Cycle":
            try:
                yield Step(write=("on", True), percent=10)
                yield Step(wait_s=LONG_S, percent=90)
            finally:
                self.left_alone += 1
                self.values["on"] = False
        if operation == "Stuck":
            yield Step(wait_s=LONG_S)
        return operation


class Hall:
    """A plant with one machine, and everything that an operation tells."""

    def __init__(self, plant, bus):
        self.plant, self.bus = plant, bus
        self.part = Machine(SWITCH, on=False)
        self.device = device_of(self.part, bus, plant.clock, name="mill")
        self.finished, self.progress = [], []
        self.task = None
        self.refusal = None
        self.start()

    def start(self, inbox=None):
        plant = self.plant
        self.inbox = inbox or plant.inbox
        terms = Terms(TARGETS, {"mill": of_device(self.device)})
        self.admission = Admission(self.inbox, plant.events, terms, plant.clock, plant.trusted)
        machines = Machines({"mill": self.device}, {"mill/on": lambda _channel, value: self.device.write("on", value)})
        self.operator = Operator(self.inbox, plant.events, machines, plant.clock, plant.trusted)
        self.operator.finished = self.finished.append
        self.operator.progressed = lambda execution, percent: self.progress.append((execution.id, percent))
        self.operator.refusal = lambda _execution: self.refusal

    async def order(self, identifier, operation, **options):
        now_s = self.plant.now_s
        request = CommandRequest(device="mill", operation=operation, issued=now_s, expires=now_s + 60, **options)
        return await self.admission.submit(execution_of(identifier, request, Source.TWIN, now_s))

    async def cancel(self, identifier, by="stop"):
        now_s = self.plant.now_s
        request = CommandRequest(operation="Cancel", parameters={"execution": identifier}, issued=now_s)
        return await self.admission.submit(execution_of(by, request, Source.TWIN, now_s))

    async def run(self):
        self.task = asyncio.create_task(self.operator.run())
        await self.quiet()

    async def stop(self):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

    async def quiet(self):
        for _ in range(40):
            await self.plant.database.read("SELECT 1")
            await self.bus.call(int)
            await asyncio.sleep(0)

    async def until_finished(self, count=1):
        while len(self.finished) < count:
            await self.quiet()

    @property
    def outcomes(self):
        return [(one.id, one.status.value, one.reason_code.value) for one in self.finished]
