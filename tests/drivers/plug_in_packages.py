"""Packages that bring drivers, as pip leaves them: a module and its `dist-info` in a folder of the path."""

from __future__ import annotations

import sys

import pytest

from drivers import plug_ins

GOOD = """
from dataclasses import dataclass
from drivers.base import BusKind, Channel, Driver

@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    address: int = 0x20

class Good(Driver):
    name = "good"
    title = "A part of another package"
    bus_kind = BusKind.I2C
    settings_type = Settings

    def __init__(self, bus, settings):
        self.settings = settings

    @classmethod
    def channels(cls, settings):
        return (Channel(name="temperature", unit="Cel"),)

    def open(self):
        pass

    def read(self):
        return {"temperature": 20.0}
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a package that brings drivers, for the time of one test."""
    modules = []
    monkeypatch.syspath_prepend(tmp_path)

    def put(package="vendor", code=GOOD, drivers=None, **groups):
        module = package.replace("-", "_")
        modules.append(module)
        (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
        info = tmp_path / f"{module}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n", encoding="utf-8")
        points = {"drivers": {"good": f"{module}:Good"} if drivers is None else drivers, **groups}
        lines = [
            line
            for group, entries in points.items()
            for line in (f"[edgetwin.{group}]", *(f"{name} = {place}" for name, place in entries.items()))
        ]
        (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
        plug_ins.entry_points.cache_clear()

    yield put
    for name in modules:
        sys.modules.pop(name, None)
    plug_ins.entry_points.cache_clear()
