"""Gateway and service talk about one device while messages are lost, late and out of order: both sides converge.

The service is the project's own pure shadow, the device takes a switch and a level, apps want sensible things and
others. After every conversation `reported` is what is so, and what is desired is so or is explained as refused.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.shadow import equal
from gateway.core.shadow_report import ERRORS_KEY
from tests.fakes.shadow_service import Pair

DESIRES = st.sampled_from([
    ("on", True), ("on", False), ("on", None), ("on", "maybe"), ("on", {"deep": 1}),
    ("level", 20.0), ("level", 21), ("level", 99), ("level", 98), ("level", None),
    ("odd", 1), ("odd", None),
])  # fmt: skip
STEPS = st.one_of(
    st.tuples(st.just("desire"), DESIRES),
    st.tuples(st.just("change"), st.sampled_from([("on", True), ("on", False), ("level", 20.0), ("level", 5.5)])),
    st.tuples(st.sampled_from(["up", "down", "act"]), st.integers(0, 5)),
    st.tuples(st.just("delete"), st.none()),
    st.tuples(st.just("forge"), st.sampled_from([2000, 2**40, 2**53])),
)
FAULTS = st.one_of(
    st.tuples(st.sampled_from(["lose up", "lose down", "overdue", "reconnect", "restore"]), st.integers(0, 5)),
    st.tuples(st.just("forge"), st.integers(0, 900)),
)
TALK_MAX = 300
"""Messages until silence; a talk without end would be more."""


class Conversation(Pair):
    """The two, with a wire of each way between them that a test plays with."""

    def __init__(self):
        super().__init__(on=False, level=18.0)
        self.actual = {"on": False, "level": 18.0}
        self.up, self.down, self.commands = [], [], []
        self.connections = 0
        self.copy = self.service.document

    def play(self, step, argument):  # noqa: C901 - one case for each thing that can happen
        match step:
            case "desire":
                self.down += self.service.desire(**dict([argument]))
            case "change":
                self.set(*argument)
            case "delete" if self.service.document.exists:
                self.down += self.service.delete()
            case "forge":  # Somebody writes to a topic that is the service's.
                self.down.append(("update/delta", {"state": {"level": 20.0}, "version": argument}))
            case "restore":  # A copy is put back, and nobody is told.
                self.service.document, self.copy = self.copy, self.service.document
            case "up" if self.up:  # What one client publishes stays in order.
                self.down += self.service.answer(self.up.pop(0))
            case "down" if self.down:
                self.commands += self.hear(*self.down.pop(argument % len(self.down)))
            case "act" if self.commands:
                self.act(self.commands.pop(0))
            case "lose up" if self.up:
                self.up.pop(0)
            case "lose down" if self.down:
                self.down.pop(argument % len(self.down))
            case "overdue":
                self.shadow.no_answer()
            case "reconnect":
                self.reconnect()
        self.ask()

    def ask(self):
        request = self.shadow.next_request()
        if request is not None:
            self.up.append(request)
        assert self.shadow.next_request() is None

    def set(self, channel, value):
        self.actual[channel] = value
        self.shadow.is_now(channel, value)

    def act(self, wish):
        channel, value, _ = wish
        if channel not in self.actual:
            self.shadow.refuse(channel, value, "UNKNOWN_CHANNEL")
        elif type(self.actual[channel]) is not (type(value) if type(value) is not int else float):
            self.shadow.refuse(channel, value, "WRONG_TYPE")
        elif channel == "level" and value > 50:
            self.shadow.refuse(channel, value, "OUT_OF_RANGE")
        else:
            self.set(channel, value)

    def reconnect(self):
        self.up.clear()
        self.down.clear()
        self.connections += 1
        self.shadow.connected(f"c{self.connections}")

    def finish(self, order):
        """Play on without faults until nobody has anything to say; `order` says which message is next."""
        for _ in range(TALK_MAX):
            waiting = [name for name in ("up", "down") if getattr(self, name)] + ["act"] * bool(self.commands)
            if not waiting:
                return
            pick = next(order, 0)
            self.play(waiting[pick % len(waiting)], pick)
        raise AssertionError("they never stop talking")

    def check(self):
        document = self.service.document
        reported = dict(document.reported)
        errors = reported.pop(ERRORS_KEY, {})
        assert reported == self.actual
        differing = {name for name, want in document.desired.items() if not equal(want, self.actual.get(name))}
        assert errors.keys() == differing
        assert self.shadow.settled


@settings(max_examples=400, deadline=None)
@given(st.lists(STEPS, max_size=40), st.lists(st.integers(0, 5), max_size=60))
def test_in_whatever_order_messages_arrive_both_sides_converge(steps, order):
    talk = Conversation()
    talk.ask()
    for step in steps:
        talk.play(*step)
    talk.finish(iter(order))
    talk.check()


@settings(max_examples=400, deadline=None)
@given(st.lists(STEPS | FAULTS, max_size=60), st.lists(st.integers(0, 5), max_size=60))
def test_whatever_was_lost_both_sides_converge_after_the_next_connection(steps, order):
    talk = Conversation()
    talk.ask()
    for step in steps:
        talk.play(*step)
    talk.reconnect()
    talk.ask()
    talk.finish(iter(order))
    talk.check()


@settings(max_examples=200, deadline=None)
@given(st.lists(STEPS | FAULTS, max_size=60))
def test_no_channel_is_ever_driven_to_what_nobody_wanted(steps):
    talk = Conversation()
    asked = {repr(("level", 20.0))}  # Said in a forged delta, too.
    for step, argument in steps:
        if step == "desire":
            asked.add(repr(argument))
        talk.play(step, argument)
        assert {repr(tuple(wish)[:2]) for wish in talk.wishes} <= asked
