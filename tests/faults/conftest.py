"""What the fault suite is called, to be chosen or left out."""

from __future__ import annotations


def pytest_configure(config):
    config.addinivalue_line("markers", "faults: something is broken on purpose, in processes of their own")
