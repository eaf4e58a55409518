"""Whether a command may act, and whether it still may when its turn has come: pure decisions.

The answer is a value, never an exception: accepted, or ended with a reason that the twin receives.
"""

from __future__ import annotations

import math

import msgspec

from gateway.core.command import LIFETIME_S, Execution, Moment, ReasonCode, Target
from gateway.core.operation import SET, Operation, Refused, filled
from gateway.core.reading import Value
from gateway.core.wire_commands import CommandStatus
from gateway.core.wording import shown, span

CLOCK_SKEW_S_MAX = 300.0
"""A command that claims to be issued later than this from now was stamped by a wrong clock, ours or theirs."""
LIFETIME_S_MAX = 7 * 86_400.0
"""No order is good for longer than a week; what should hold for longer is state, and belongs into the shadow."""


def admit(execution: Execution, place: Target | Operation | None, moment: Moment, *, retained: bool) -> Execution:
    """The execution, still in progress if it may act, else rejected with the first reason that applies.

    Args:
        execution: the order; where it has no expiry it gets that of its channel.
        place: the channel or the operation that it names, or None where there is none.
        moment: now.
        retained: whether the broker had kept the message.
    """
    refusal = _refusal(execution, place, retained=retained)
    if refusal is None and isinstance(place, Operation):
        parameters = filled(execution.parameters, place)
        if isinstance(parameters, Refused):
            refusal = _FAULTS[parameters.fault], parameters.reason
        else:
            execution = msgspec.structs.replace(execution, parameters=parameters, idempotent=place.idempotent)
    if math.isnan(execution.expires_s):
        lifetime_s = place.lifetime_s if isinstance(place, Target) else LIFETIME_S
        execution = msgspec.structs.replace(execution, expires_s=execution.issued_s + lifetime_s)
    refusal = refusal or _check_time(execution, moment)
    if refusal is None:
        return execution
    return execution.rejected(*refusal, execution.changed_s if moment.trusted_s is None else moment.trusted_s)


_FAULTS = {
    "unknown": ReasonCode.UNKNOWN_PARAMETER,
    "missing": ReasonCode.MISSING_PARAMETER,
    "type": ReasonCode.WRONG_TYPE,
    "range": ReasonCode.OUT_OF_RANGE,
}


def _refusal(
    execution: Execution, place: Target | Operation | None, *, retained: bool
) -> tuple[ReasonCode, str] | None:
    if retained:
        return ReasonCode.RETAINED, "a retained command may be of any age and is never obeyed"
    if execution.operation != SET:
        if not isinstance(place, Operation):
            return ReasonCode.UNKNOWN_OPERATION, f"{execution.channel!r} has no operation {execution.operation!r}"
        return _superfluous(execution)
    if not isinstance(place, Target):
        return ReasonCode.UNKNOWN_CHANNEL, f"there is no channel {execution.channel!r}"
    if not place.writable:
        return ReasonCode.NOT_WRITABLE, f"{place.channel} is only read"
    return _superfluous(execution) or check_value(execution.value, place)


def _superfluous(execution: Execution) -> tuple[ReasonCode, str] | None:
    """What is given beside an order that does not take it: nobody knows what was meant."""
    if execution.operation != SET:
        value = (
            None if execution.value == "" else f"{execution.operation} takes no value, found {shown(execution.value)}"
        )
        return None if value is None else (ReasonCode.UNKNOWN_PARAMETER, value)
    if execution.parameters:
        return ReasonCode.UNKNOWN_PARAMETER, f"set takes no parameters, found {', '.join(execution.parameters)}"
    return None


def check_value(value: Value, target: Target) -> tuple[ReasonCode, str] | None:
    """Why `value` cannot be given to `target`, or None where it can."""
    kind = {bool: "boolean", str: "text"}.get(type(value), "number")
    if kind != target.kind:
        return ReasonCode.WRONG_TYPE, f"{target.channel} takes a {target.kind}, found {shown(value)}"
    if isinstance(value, str | bool):
        return None
    if not -math.inf < value < math.inf:
        return ReasonCode.OUT_OF_RANGE, f"{target.channel} takes finite numbers, found {shown(value)}"
    low, high = target.low, target.high
    if (low is not None and value < low) or (high is not None and value > high):
        return ReasonCode.OUT_OF_RANGE, f"{target.channel} takes {span(low, high)}, found {shown(value)}"
    return None


def overdue_s(execution: Execution, moment: Moment) -> float | None:
    """Seconds since it expired, negative before; None where no clock can tell.

    What was made here is judged by boottime alone: the wall clock may be set between its admission and its turn. Where
    it is from an earlier boot, nobody knows for how long the machine was off, and what wanted it then asks anew.
    """
    if execution.boot_id:
        if execution.boot_id != moment.boot_id:
            return math.inf
        return (moment.boottime_ns - execution.deadline_ns) / 1e9
    return None if moment.trusted_s is None else moment.trusted_s - execution.expires_s


def _check_time(execution: Execution, moment: Moment) -> tuple[ReasonCode, str] | None:
    late_s = overdue_s(execution, moment)
    if late_s is None:
        return ReasonCode.CLOCK_UNKNOWN, "no clock here can be trusted, so its expiry cannot be checked"
    if not late_s < 0:
        return ReasonCode.EXPIRED, f"expired {late_s:.1f} s ago"
    if execution.boot_id or moment.trusted_s is None:
        return None
    if not execution.issued_s <= moment.trusted_s + CLOCK_SKEW_S_MAX:
        return ReasonCode.CLOCK_UNKNOWN, f"issued {execution.issued_s - moment.trusted_s:.0f} s in the future"
    if not execution.expires_s - execution.issued_s <= LIFETIME_S_MAX:
        return ReasonCode.MALFORMED, f"good for longer than {LIFETIME_S_MAX:.0f} s"
    return None


def is_undated(execution: Execution, moment: Moment) -> bool:
    """Whether only a clock that can be trusted could say what is left of it: what has ended anyway needs none."""
    if execution.final or overdue_s(execution, moment) is not None:
        return False
    return not before_acting(execution, moment).final


def before_acting(execution: Execution, moment: Moment) -> Execution:
    """What is left of an execution whose turn it is: it may have waited, and a run before this one may have begun it.

    One that was started and is idempotent, as `set` is, is done again while it is in time. Any other may or may not
    have acted, and is said to be interrupted.
    """
    if execution.started and execution.reason_code is ReasonCode.CANCELLED:
        return execution.failed(CommandStatus.FAILED, ReasonCode.CANCELLED, execution.reason, moment.wall_s)
    if execution.started and not execution.idempotent:
        reason = "the gateway stopped in the middle of it, and it must not be done twice"
        return execution.failed(CommandStatus.FAILED, ReasonCode.INTERRUPTED, reason, moment.wall_s)
    late_s = overdue_s(execution, moment)
    if late_s is None or late_s < 0:
        return execution
    now_s = moment.wall_s if moment.trusted_s is None else moment.trusted_s
    if execution.started:
        reason = "the gateway stopped in the middle of it, and now it is too late to do it again"
        return execution.failed(CommandStatus.FAILED, ReasonCode.INTERRUPTED, reason, now_s)
    return execution.failed(CommandStatus.TIMED_OUT, ReasonCode.EXPIRED, "it waited until it expired", now_s)
