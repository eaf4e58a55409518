"""The JSON Schema is the one that is committed, and takes what the daemon takes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from drivers.base import Limits, Value
from gateway.config import schema
from gateway.config.nodes import Mapping, Node, Scalar, Sequence
from gateway.config.problems import Report
from gateway.config.scalars import FALSE, NULL, TRUE, UnfitError, decimal, integer
from gateway.config.type_reader import record_of
from gateway.config.yaml_tree import parse
from tests.config.samples import GOOD, changed, heater, link, more, room
from tests.config.site_text import as_yaml
from tests.config.sites import sites

jsonschema = pytest.importorskip("jsonschema")


def in_yaml_1_2(node: Node) -> Any:  # noqa: PLR0911 - one line for each kind of node
    """What an editor makes of the tree: the core schema of YAML 1.2 (section 10.3.2)."""
    if isinstance(node, Mapping):
        return {key: in_yaml_1_2(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [in_yaml_1_2(item) for item in node.items]
    assert isinstance(node, Scalar)
    if not node.plain:
        return node.text
    if node.text in NULL:
        return None
    if node.text.lower() in ("true", "false") and node.text in TRUE | FALSE:
        return node.text in TRUE
    for read in (integer, decimal):
        try:
            return read(node.text)
        except UnfitError:
            continue
    return node.text


@pytest.fixture(scope="module")
def validator():
    made = schema.site_schema()
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


def complaints(validator, text):
    return [error.message for error in validator.iter_errors(in_yaml_1_2(parse(text, Report("f"))))]


def test_the_committed_schema_is_the_one_of_the_types():
    # Renew it with: python -m gateway.config.schema
    assert schema.TARGET.read_text(encoding="utf-8") == schema.schema_text()


def test_the_greenhouse_names_the_schema_and_fits_it(validator):
    text = schema.TARGET.with_name("greenhouse.yaml").read_text(encoding="utf-8")
    assert text.startswith(f"# yaml-language-server: $schema={schema.TARGET.name}\n")
    assert complaints(validator, text) == []


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(site=sites())
def test_every_good_site_fits_the_schema(validator, site):
    assert complaints(validator, as_yaml(site)) == []


@pytest.mark.parametrize(
    "text", [GOOD, link("protocol: 5, username: 010, tls: {}"), heater("pin: 27, safe: {on: off}")]
)
def test_what_the_daemon_takes_the_schema_takes(validator, text):
    assert complaints(validator, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        room("adress: 0x44"),
        room("address: 0x99"),
        room("pin: 17"),
        room("every: 5"),
        room("channels: {temperature: {lane: urgent}}"),
        more("store: {quota: 64}"),
        link("port: 0"),
        link("prefix: a/+"),
        changed(("driver: sht4x", "driver: toaster")),
        changed(("pin: 17", "pull: up")),
        changed(("kind: gpio", "kind: can")),
        changed(("climate:", "a b:")),
        changed(("soil: {", "soil: {inputs: {a: {}}, ")),
    ],
)
def test_what_a_schema_can_find_it_finds(validator, text):
    assert complaints(validator, text)


@dataclass(frozen=True, kw_only=True)
class Unusual:
    steps: list[Annotated[float, Limits(0, 1)]] = field(default_factory=list)
    """Levels."""
    value: Value = 0
    rates: dict[int, bool] = field(default_factory=dict)


def test_shapes_that_no_part_has_yet_have_a_schema_too():
    made = schema.shape_schema(record_of(Unusual))
    assert made["properties"] == {
        "steps": {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}, "description": "Levels."},
        "value": {},
        "rates": {
            "type": "object",
            "propertyNames": {},
            "additionalProperties": {"enum": [True, False, "on", "off", "yes", "no"]},
        },
    }


def test_the_schema_is_json_and_says_what_every_key_means():
    made = json.loads(schema.schema_text())
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert all("description" in one for one in made["properties"].values())
    assert yaml.safe_load(schema.schema_text()) == made
