"""The lock files hold exactly one version of everything that pyproject.toml asks for, and no address."""

from __future__ import annotations

import itertools
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.source import ROOT, modules

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FILES = {"runtime": "requirements.lock", "demo": "requirements-demo.lock", "dev": "requirements-dev.lock"}
BELOW = {"runtime": None, "demo": "requirements.lock", "dev": "requirements-demo.lock"}
LINE = re.compile(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ; [A-Za-z0-9_ .'<>=!()]+)?")
ENVIRONMENTS = [
    {
        "python_version": version,
        "python_full_version": f"{version}.0",
        "platform_machine": machine,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    for version, machine in itertools.product(("3.11", "3.12", "3.13", "3.14"), ("x86_64", "aarch64", "armv7l"))
]
IMPORTED_AS = {"paho-mqtt": "paho", "pyyaml": "yaml", "pyserial": "serial"}


def lines(group: str) -> list[str]:
    text = (ROOT / FILES[group]).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def locked(group: str) -> list[Requirement]:
    """Every version that a group gets, with those of the group below it."""
    groups = list(FILES)[: list(FILES).index(group) + 1]
    return [Requirement(line) for name in groups for line in lines(name) if not line.startswith("-r")]


def asked(group: str) -> list[Requirement]:
    project = PROJECT["project"]
    wanted = project["dependencies"] if group == "runtime" else project["optional-dependencies"][group]
    return [one for one in map(Requirement, wanted) if one.name != project["name"]]


def applies(requirement: Requirement, environment: dict[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(environment)


@pytest.mark.parametrize("group", FILES)
def test_every_line_is_one_exact_version_and_nothing_else(group):
    found = lines(group)
    below = BELOW[group]
    if below is not None:
        assert found.pop(0) == f"-r {below}"
    assert [line for line in found if not LINE.fullmatch(line)] == []


@pytest.mark.parametrize("group", FILES)
def test_no_address_and_no_path_is_in_a_lock_file(group):
    text = (ROOT / FILES[group]).read_text(encoding="utf-8")
    assert re.findall(r"://|file:|@|(?:^|\s)/\S|--\w+", text) == []


def test_a_package_has_one_line_in_all_files_together():
    names = [requirement.name for requirement in locked("dev")]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("group", FILES)
@pytest.mark.parametrize(
    "environment", ENVIRONMENTS, ids=lambda one: f"{one['python_version']}-{one['platform_machine']}"
)
def test_what_is_asked_for_is_locked_inside_its_range(group, environment):
    there = {canonicalize_name(one.name): one for one in locked(group) if applies(one, environment)}
    for wanted in asked(group):
        name = canonicalize_name(wanted.name)
        assert (name in there) == applies(wanted, environment), name
        if name in there:
            version = next(iter(there[name].specifier)).version
            assert wanted.specifier.contains(version), f"{name} {version} is not in {wanted.specifier}"


def test_the_build_tool_is_locked_too():
    wanted = Requirement(PROJECT["build-system"]["requires"][0])
    version = next(iter(one for one in locked("runtime") if one.name == wanted.name)).specifier
    assert wanted.specifier.contains(next(iter(version)).version)


def test_python_is_supported_from_3_11_on():
    assert PROJECT["project"]["requires-python"] == ">=3.11"


@pytest.mark.parametrize("group", ["runtime", "demo"])
def test_no_dependency_is_asked_for_in_vain(group):
    used = {entry.name for module in modules().values() for entry in module.imports}
    names = {canonicalize_name(one.name) for one in asked(group)}
    assert {name for name in names if IMPORTED_AS.get(name, name) not in used} == set()
