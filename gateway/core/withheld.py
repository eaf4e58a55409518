"""What becomes of a command that safety refuses or holds. Pure."""

from __future__ import annotations

import math

from gateway.core.command import Execution, ReasonCode
from gateway.core.reading import Value
from gateway.core.safety import Verb, Verdict
from gateway.core.wire import CommandStatus

MISMATCH_SHARE = 0.01
"""A number that is read back further from what was asked for than this share of it is another one: parts round."""


def refused(execution: Execution, code: ReasonCode, reason: str, wall_s: float) -> Execution:
    """It, refused; where it has begun to act that is a failure."""
    if execution.started:
        return execution.failed(CommandStatus.FAILED, code, reason, wall_s)
    return execution.rejected(code, reason, wall_s)


def heard(execution: Execution, verdict: Verdict, left_s: float, wall_s: float) -> Execution:
    """It, ended where safety refuses it, or would hold it for longer than it is good for, which is `left_s`."""
    if verdict.verb is Verb.REFUSE:
        return refused(execution, verdict.code, verdict.reason, wall_s)
    if verdict.verb is Verb.HOLD and verdict.wait_s >= left_s:
        reason = f"{verdict.reason}: it would have to wait for {verdict.wait_s:.1f} s, and expires before"
        return refused(execution, verdict.code, reason, wall_s)
    return execution


def overdue(execution: Execution, verdict: Verdict, late_s: float | None, wall_s: float) -> Execution:
    """One that was held, ended where its time is over since `late_s`."""
    if late_s is None or late_s < 0:
        return execution
    reason = f"it waited until it expired: {verdict.reason}"
    return execution.failed(CommandStatus.TIMED_OUT, verdict.code, reason, wall_s)


def differs(asked: Value, found: Value) -> bool:
    """Whether an output was read back as something else than it was driven to."""
    if isinstance(asked, bool | str) or isinstance(found, bool | str):
        return asked != found
    return not math.isclose(asked, found, rel_tol=MISMATCH_SHARE, abs_tol=MISMATCH_SHARE)
