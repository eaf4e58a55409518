"""Planted mistakes fit: each changes a text that stands in the code, or its run would prove nothing."""

from __future__ import annotations

from tests.faults.cases import CASES
from tests.faults.mutants import MUTANTS, fits

CHECKS = set(range(1, 8))


def test_every_mistake_of_the_fault_suite_still_fits_the_code():
    assert [mutant.mistake for mutant in MUTANTS if not fits(mutant)] == []


def test_every_mistake_changes_something_and_is_told_from_the_others():
    assert [mutant.mistake for mutant in MUTANTS if mutant.found == mutant.planted] == []
    assert len({mutant.mistake for mutant in MUTANTS}) == len(MUTANTS)


def test_every_case_and_every_check_has_a_mistake_that_it_has_to_notice():
    assert {mutant.case for mutant in MUTANTS} == CASES.keys()
    assert {mutant.check for mutant in MUTANTS} == CHECKS
