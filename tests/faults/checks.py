"""The seven checks that hold after every fault, as pure functions: evidence in, findings out.

What a fault may cost is an `Allowance`: nothing for a kill; what was not durable for a power cut; what is counted as
shed where a disk was full or damaged.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator

from tests.faults.allowance import NOTHING, Allowance, Finding
from tests.faults.evidence import Evidence, Order
from tests.faults.notes import Told
from tests.faults.reading_checks import counts_balance, everything_arrived, nothing_twice

RSS_BYTES_MAX = 10_000_000
FILES_MAX = 2
LOG_BYTES_MAX = 200_000
"""Of one run, which lasts some seconds: well below a megabyte a minute, commands and all."""
TRACE_CHARS = 600
"""Of a stack trace, enough to see what was raised and from where."""
FRESH_S_MAX = 10.0
EFFECT_LATE_S = 0.5
"""From the look at the expiry to the effect lies the commit that says that it is about to happen."""


def judge(evidence: Evidence, allowance: Allowance = NOTHING) -> list[Finding]:
    """Everything that is wrong."""
    return [
        Finding(number, what)
        for number, check in enumerate(CHECKS, 1)
        for what in itertools.islice(check(evidence, allowance), 5)
    ]


def commands_once(evidence: Evidence, allowance: Allowance) -> Iterator[str]:
    """4. No command acts after its outcome or its expiry, or before it is stored; every one gets an answer."""
    told = evidence.told
    yield from (text for text in told.wrong if "stored" in text and "sent" not in text)
    yield from _effects(told, evidence.log)
    if allowance.set_aside:
        return
    for order, ended in told.effects:
        if ended:
            yield f"{order} acted after its outcome was committed"
    forgotten = told.admitted - evidence.commands
    if forgotten:
        yield f"accepted and forgotten: {', '.join(sorted(forgotten)[:5])}"
    for one in evidence.orders:
        yield from _answer(one, told)


def _effects(told: Told, log: str) -> Iterator[str]:
    for order, times in Counter(order for order, _ in told.effects).items():
        if order not in told.ordered:
            yield f"{order} acted and was never given"
            continue
        # Done again where its outcome could not be recorded: `set` may be.
        if times > told.runs + log.count("command not recorded"):
            yield f"{order} acted {times} times in {told.runs} runs"
        late_s = told.acted_s[order] - told.ordered[order]
        if late_s > EFFECT_LATE_S:
            yield f"{order} acted {late_s:.1f} s after its expiry"


def _answer(order: Order, told: Told) -> Iterator[str]:
    outcome = told.outcomes.get(order.id)
    if order.finished_s is None and order.id in told.admitted:
        yield f"{order.id} was accepted and has no outcome in the twin"
    if outcome is not None and order.finished_s is not None and outcome != order.status:
        yield f"{order.id} ended {outcome} and the twin says {order.status}"


def nothing_grew(evidence: Evidence, _allowance: Allowance) -> Iterator[str]:
    """5. Memory, files and tasks are back; the log is short and without stack traces."""
    report = evidence.report
    if report is not None:
        if report.rss_grown_bytes > RSS_BYTES_MAX:
            yield f"{report.rss_grown_bytes} bytes of memory more"
        if report.files_more > FILES_MAX:
            yield f"{report.files_more} open files more"
        if report.tasks_more:
            yield f"tasks more: {', '.join(report.tasks_more)}"
    if len(evidence.log) > LOG_BYTES_MAX * max(1, evidence.told.runs):
        yield f"{len(evidence.log)} bytes of log in {evidence.told.runs} runs"


def the_store_is_sound(evidence: Evidence, allowance: Allowance) -> Iterator[str]:
    """6. The database is good or was set aside and that was said; every run ended in a way that is documented."""
    if evidence.integrity != "ok":
        yield f"integrity_check: {evidence.integrity[:200]}"
    if evidence.set_aside and not allowance.set_aside:
        yield f"set aside without need: {evidence.set_aside}"
    if evidence.set_aside and "set aside" not in evidence.log:
        yield "the database was set aside, and nobody was told"
    strange = [status for status in evidence.statuses if status not in allowance.statuses]
    if strange:
        yield f"runs ended with {strange}; the log ends: {_last(evidence.log)}"
    elif "Traceback" in evidence.log:
        yield f"a stack trace: …{_trace(evidence.log)}"


def it_goes_on(evidence: Evidence, _allowance: Allowance) -> Iterator[str]:
    """7. A fresh reading passes within ten seconds."""
    fresh_s = evidence.told.fresh_s
    if evidence.report is None or fresh_s is None:
        yield "no fresh reading was acknowledged"
    elif fresh_s > FRESH_S_MAX:
        yield f"a fresh reading took {fresh_s} s"


Check = Callable[[Evidence, Allowance], Iterator[str]]
CHECKS: tuple[Check, ...] = (
    everything_arrived,
    nothing_twice,
    counts_balance,
    commands_once,
    nothing_grew,
    the_store_is_sound,
    it_goes_on,
)


def _trace(log: str) -> str:
    """The end of the first stack trace: what was raised and where."""
    _, _, told = log.partition("Traceback")
    lines = told.splitlines()
    ends = next((number for number, line in enumerate(lines[1:], 1) if not line.startswith(" ")), len(lines))
    return "\n".join(lines[: ends + 1])[-TRACE_CHARS:]


def _last(log: str) -> str:
    return " | ".join(line.strip() for line in log.splitlines()[-3:])[-400:]
