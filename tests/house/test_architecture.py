"""The architecture page says what the code is."""

from __future__ import annotations

import re

from tests.house.diagram import PAGE, with_diagram


def test_diagram_of_the_sync_states_is_the_table():
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_diagram(page)


def test_every_path_on_the_page_exists():
    root = PAGE.parents[1]
    rooms = (
        "drivers",
        "gateway",
        "twin",
        "tests",
        "systemd",
        "store",
        "core",
        "cloud",
        "devices",
        "app",
        "cli",
        "config",
    )
    paths = set(re.findall(rf"`((?:{'|'.join(rooms)})/[a-z0-9_./]*)`", PAGE.read_text(encoding="utf-8")))
    assert paths
    assert [path for path in sorted(paths) if not ((root / path).exists() or (root / "gateway" / path).exists())] == []
