"""The configuration: a file to a `Site`, or to all that is wrong with it.

The way through this room: `source` reads the file, `yaml_tree` makes a tree of texts (`nodes`), `type_reader` makes
`shapes` of the settings types, `convert` and `values` put the two together, `devices` and `site` know what a site is
made of, `device_checks` and `site_checks` know what has to agree, `clouds` what is behind the broker, `outputs` what is
left of a bad file for those who make its outputs safe. `schema` and `reference` tell the same shapes to editors and to
people; the daemon does not load them.
"""

from __future__ import annotations

import os

from gateway.config.outputs import Outputs, read_outputs
from gateway.config.problems import Problem, Report
from gateway.config.site import read_site
from gateway.config.source import open_to_others, read
from gateway.core.settings import Site
from gateway.errors import ConfigError

__all__ = ["Outputs", "Problem", "check", "examine", "load", "load_outputs"]


def load(path: str | os.PathLike[str]) -> Site:
    """The site that the file at `path` describes.

    Raises:
        ConfigError: it cannot be used; the text is every problem, one a line.
    """
    site, problems = examine(path)
    if site is None:
        raise ConfigError("\n".join(map(str, problems)))
    return site


def check(path: str | os.PathLike[str]) -> list[Problem]:
    """Everything that is wrong with the file at `path`, from top to bottom; nothing where it is good. Never raises."""
    return examine(path)[1]


def examine(path: str | os.PathLike[str]) -> tuple[Site | None, list[Problem]]:
    """The site that the file at `path` describes and no problem, or None and at least one problem. Never raises."""
    report = Report(os.fspath(path))
    text = read(path, report)
    site = None if text is None else read_site(text, report, open_to_others)
    return site, report.sorted()


def load_outputs(path: str | os.PathLike[str]) -> tuple[Outputs | None, list[Problem]]:
    """What of the file at `path` can be made safe, and everything that is wrong with the file. Never raises."""
    report = Report(os.fspath(path))
    text = read(path, report)
    outputs = None if text is None else read_outputs(text, report, open_to_others)
    return outputs, report.sorted()
