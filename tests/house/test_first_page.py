"""What the first page says can be done can be done."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.cli import COMMANDS
from gateway.config import check
from gateway.core.version import VERSION

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_every_link_leads_somewhere(link):
    assert (ROOT / link).exists()


def test_every_script_and_test_that_is_named_exists():
    named = set(re.findall(r"(?:scripts|tests)/[a-z_/]+(?:\.py)?", README))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_command_that_is_named_exists():
    assert set(re.findall(r"edgetwin ([a-z]+) (?:--|[a-z]+\.yaml)", README)) <= COMMANDS.keys()


def test_the_example_is_a_good_site(tmp_path):
    (example,) = re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)
    path = tmp_path / "site.yaml"
    path.write_text(example, encoding="utf-8")
    assert [str(problem) for problem in check(path)] == []


def test_the_program_has_the_version_of_the_package():
    (version,) = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert version == VERSION
