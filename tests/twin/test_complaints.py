"""Every complaint counts, one of each kind is told."""

from __future__ import annotations

import structlog
from structlog.testing import capture_logs

from twin import complaints as module
from twin.complaints import Complaints


def test_a_kind_is_told_once_and_counted_always():
    complaints = Complaints(structlog.get_logger())
    with capture_logs() as logs:
        for number in range(5):
            complaints.add("birth_malformed", topic=f"t{number}")
        complaints.add("status_malformed")
    assert complaints.counts == {"birth_malformed": 5, "status_malformed": 1}
    assert logs == [
        {"event": "birth_malformed", "topic": "t0", "log_level": "warning"},
        {"event": "status_malformed", "log_level": "warning"},
    ]


def test_what_is_told_is_short():
    with capture_logs() as logs:
        Complaints(structlog.get_logger()).add("x", error=ValueError("e" * 5000))
    assert len(logs[0]["error"]) == 300


def test_kinds_are_bounded(monkeypatch):
    monkeypatch.setattr(module, "KINDS_MAX", 2)
    complaints = Complaints(structlog.get_logger())
    for kind in ("a", "b", "c", "d", "a"):
        complaints.add(kind)
    assert complaints.counts == {"a": 2, "b": 1, "other": 2}
