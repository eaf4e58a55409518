"""`python -m gateway.config.schema` writes the JSON Schema anew."""

from __future__ import annotations

from gateway.config.schema import TARGET, schema_text

TARGET.write_text(schema_text(), encoding="utf-8")
