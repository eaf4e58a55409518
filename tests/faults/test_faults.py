"""The short form of every case: what is promised holds after each fault. `scripts/faults --long` is the long one.

A failure names the seed; `scripts/faults --seed N --only NAME` repeats it.
"""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from tests.faults import system
from tests.faults.cases import CASES
from tests.faults.evidence import gather
from tests.faults.ground import ground
from tests.faults.plan import PERFECT, Plan
from tests.faults.zygote import zygote

pytestmark = pytest.mark.faults

SEED = int(os.environ.get("EDGETWIN_FAULTS_SEED", "1"))
COUNTS = {
    "kills": 50, "syscalls": 36, "power": 30, "torn": 20, "diskfull": 1, "dying": 8, "readonly": 1, "flips": 25,
    "acks": 2,
}  # fmt: skip
"""Together little more than a minute on an idle machine."""


@pytest.mark.parametrize("name", COUNTS)
def test_what_is_promised_holds_after_every_fault(name):
    case = CASES[name]
    lacks = case.missing()
    if lacks:
        pytest.skip(lacks)
    results = list(case.run(SEED, COUNTS[name]))
    bad = [f"{result.name}: {finding}" for result in results for finding in result.findings]
    assert results
    assert bad == [], f"repeat: scripts/faults --seed {SEED} --only {name} --count {COUNTS[name]}"


def test_the_twin_of_the_suite_is_sent_batches_that_rest_on_a_dictionary_and_reads_them():
    with ground() as place, zygote() as forks:
        plan = Plan(store=str(place / "store"), memory=str(place / "memory"), readings=200, luck=PERFECT, finish=True)
        evidence = gather(plan, [forks.finish(plan)])
    assert evidence.report is not None
    assert evidence.report.small > 0
    assert evidence.told.wrong == []


@pytest.mark.system
@pytest.mark.skipif(bool(system.missing()), reason="mosquitto is not installed")
@pytest.mark.parametrize(
    ("house", "faults"),
    [(2, ["broker_killed", "publish_denied", "cut_after"]), (3, ["broker_killed", "publish_denied", "ack_denied"])],
    ids=["MQTT 5", "MQTT 3.1.1"],
)
def test_what_is_promised_holds_for_whole_processes_too(tmp_path, house, faults):
    played = asyncio.run(system.act(tmp_path, faults, random.Random(SEED), house))
    assert [(name, findings) for name, findings in played if findings] == []
    assert len(played) == len(faults)


def test_a_case_is_known_by_name_says_what_it_breaks_and_is_longer_in_its_long_form():
    for name, case in CASES.items():
        assert name.isidentifier()
        assert case.about
        assert case.long == 0 or case.long > case.short > 0
