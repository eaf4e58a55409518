"""One output and what may be asked of it, for tests of safety."""

from __future__ import annotations

from gateway.core.override import Now
from gateway.core.reading import Value
from gateway.core.safety import Rules, Surroundings, rules_of
from gateway.core.safety_judge import judge
from gateway.core.safety_state import Output, driven
from gateway.core.settings_safety import SafetySettings

START_S = 1000


def at(seconds, boot="a", wall=True):
    return Now(boot, round((START_S + seconds) * 1e9), 1_800_000_000.0 + seconds if wall else None)


def rules(safe: Value = False, **settings) -> Rules:
    return rules_of({"pump/on": (safe, SafetySettings(**settings))})["pump/on"]


def off(one, seconds=0.0):
    return driven(Output(), one.off, at(seconds), one.rest_s, one.keep)


def around(seconds, **more):
    return Surroundings(at(seconds), **more)


def ask(one, output, wish, seconds, **more):
    verdict = judge(one, output, wish, around(seconds, **more))
    return verdict.verb, verdict.code, round(verdict.wait_s, 6)


def take(one, output, value, seconds):
    return driven(output, value, at(seconds), one.rest_s, one.keep)
