"""`python -m gateway.config.reference` writes the tables of the page anew."""

from __future__ import annotations

from gateway.config.reference import TARGET, renewed

TARGET.write_text(renewed(TARGET.read_text(encoding="utf-8")), encoding="utf-8")
