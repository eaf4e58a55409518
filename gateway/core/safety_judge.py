"""What becomes of a wish for an output: allowed now, held for a while, or refused with a reason. Pure."""

from __future__ import annotations

from gateway.core.command import ReasonCode
from gateway.core.reading import Value
from gateway.core.safety import LOOK_AGAIN_S, Rules, Surroundings, Verb, Verdict, demand, left_on_s
from gateway.core.safety_state import Output, at_least_s, is_on
from gateway.core.shadow import equal
from gateway.core.wording import shown

ALLOWED = Verdict(Verb.ALLOW)
ROUNDING = 1e-9
"""A step from 0.3 to 0.4 is one of 0.1, whatever binary numbers make of it."""


def judge(rules: Rules, output: Output, wish: Value, around: Surroundings) -> Verdict:
    """Whether the output may take the value `wish`.

    The order is that of weight: what may never be, what may not be now, what comes too early.
    """
    found = _limits(rules, wish) or _demanded(rules, output, wish, around)
    if found is not None:
        return found
    if not output.known:
        return Verdict(Verb.HOLD, ReasonCode.DEVICE_DOWN, f"{rules.channel} has not been driven yet", LOOK_AGAIN_S)
    if output.value is not None and equal(output.value, wish):
        return ALLOWED
    found = _exclusive(rules, wish, around) or _too_early(rules, output, wish, around)
    return found or _steps(rules, output, wish, around) or ALLOWED


def _limits(rules: Rules, wish: Value) -> Verdict | None:
    limits = rules.settings.limits
    if limits is None or isinstance(wish, bool | str):
        return None
    if (limits.min is not None and wish < limits.min) or (limits.max is not None and wish > limits.max):
        bounds = " and ".join(
            f"at {word} {bound:g}" for word, bound in (("least", limits.min), ("most", limits.max)) if bound is not None
        )
        return Verdict(Verb.REFUSE, ReasonCode.OUT_OF_RANGE, f"{rules.channel} may be {bounds}, found {shown(wish)}")
    return None


def _demanded(rules: Rules, output: Output, wish: Value, around: Surroundings) -> Verdict | None:
    found = demand(rules, output, around)
    if found is None or equal(found.value, wish):
        return None
    if found.early:
        return Verdict(Verb.HOLD, found.code, found.reason, LOOK_AGAIN_S)
    return Verdict(Verb.REFUSE, found.code, f"{rules.channel} has to be {shown(found.value)}: {found.reason}")


def _exclusive(rules: Rules, wish: Value, around: Surroundings) -> Verdict | None:
    if not is_on(wish):
        return None
    held = None
    for other in sorted(rules.exclusive):
        state = around.outputs.get(other, Output())
        if state.known and is_on(state.value):
            return Verdict(Verb.REFUSE, ReasonCode.EXCLUSIVE, f"{other} is on, and never both may be")
        if state.maybe_on:
            reason = f"{other} may be on, as far as is known, and never both may be"
            held = Verdict(Verb.HOLD, ReasonCode.EXCLUSIVE, reason, LOOK_AGAIN_S)
    return held


def _too_early(rules: Rules, output: Output, wish: Value, around: Surroundings) -> Verdict | None:
    """The longest of the waits that the times of the output ask for."""
    waits = [*_switching(rules, output, wish, around), *_rate(rules, output, wish, around)]
    wait_s, code, reason = max(waits, key=lambda one: one[0], default=(0.0, ReasonCode.NONE, ""))
    return Verdict(Verb.HOLD, code, reason, wait_s) if wait_s > 0 else None


def _switching(rules: Rules, output: Output, wish: Value, around: Surroundings) -> list[tuple[float, ReasonCode, str]]:
    """Waits that have to pass before it goes on, or off."""
    settings, on = rules.settings, is_on(wish)
    if on is is_on(output.value) or output.switched is None:
        return []
    since_s = at_least_s(output.switched, around.now)
    least_s = settings.min_off_s if on else settings.min_on_s
    waits = []
    if least_s is not None:
        code, state = (ReasonCode.MIN_OFF, "off") if on else (ReasonCode.MIN_ON, "on")
        waits.append((least_s - since_s, code, f"{rules.channel} stays {state} for at least {least_s:g} s"))
    if on and settings.max_on_s is not None:
        left_s = left_on_s(rules, output, around)
        if left_s <= 0 or left_s < (settings.min_on_s or 0.0):
            waits.append((rules.rest_s - since_s, ReasonCode.MAX_ON, f"{rules.channel} rests for {rules.rest_s:g} s"))
    return waits


def _rate(rules: Rules, output: Output, wish: Value, around: Surroundings) -> list[tuple[float, ReasonCode, str]]:
    if rules.rate is None or equal(wish, rules.safe):
        return []
    count, span_s = rules.rate
    if len(output.changes) < count:
        return []
    wait_s = span_s - at_least_s(output.changes[-count], around.now)
    return [(wait_s, ReasonCode.RATE_LIMIT, f"{rules.channel} changes at most {count} times in {span_s:g} s")]


def _steps(rules: Rules, output: Output, wish: Value, around: Surroundings) -> Verdict | None:
    """A number that goes further than one step allows goes there in steps."""
    now_is = output.value
    if rules.slew is None or isinstance(wish, bool | str) or isinstance(now_is, bool | str) or now_is is None:
        return None
    amount, span_s = rules.slew
    reason = f"{rules.channel} changes by at most {amount:g} in {span_s:g} s"
    last = output.changes[-1] if output.changes else None
    if last is not None and (wait_s := span_s - at_least_s(last, around.now)) > 0:
        return Verdict(Verb.HOLD, ReasonCode.SLEW_LIMIT, reason, wait_s)
    if abs(wish - now_is) <= amount * (1 + ROUNDING):
        return None
    step = now_is + amount if wish > now_is else now_is - amount
    return Verdict(Verb.HOLD, ReasonCode.SLEW_LIMIT, reason, span_s, step)
