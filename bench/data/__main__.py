"""`python -m bench.data` makes the recordings anew."""

from __future__ import annotations

from bench.data import HERE
from bench.data.make import MAKERS, text

for name in MAKERS:
    (HERE / f"{name}.csv").write_text(text(name), encoding="ascii")
