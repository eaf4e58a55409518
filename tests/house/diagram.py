"""Writes the diagram of the sync states into the architecture page: `python -m tests.house.diagram`."""

from __future__ import annotations

from pathlib import Path

from gateway.core.sync_state import TRANSITIONS, SyncState

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
BEGIN = "<!-- sync states: written by python -m tests.house.diagram -->\n"
END = "<!-- end of sync states -->\n"


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {SyncState.DISCONNECTED}"]
    lines += [
        f"    {state} --> {after}: {event}" for state, arrows in TRANSITIONS.items() for event, after in arrows.items()
    ]
    return "\n".join([*lines, "```", ""])


def with_diagram(page: str) -> str:
    """The page with the diagram of today's table."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + diagram() + END + after


if __name__ == "__main__":
    PAGE.write_text(with_diagram(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
