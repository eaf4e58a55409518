"""The demo's own site file: another link and another store, and nothing else."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.site import EXAMPLE, make_site, with_sections
from gateway.config import load
from gateway.core.settings import Protocol
from gateway.errors import ConfigError

TEXT = """\
# at the top
gateway: g

link:  # where
  host: far

  # inside
  port: 1

# before the log
log:
  level: info
"""


def made(tmp_path, **options):
    return make_site(
        tmp_path / "site.yaml", port=1234, store=tmp_path / "st ore", runtime=tmp_path / "r'\"un", **options
    )


def test_link_and_store_are_ours(tmp_path):
    site = made(tmp_path)
    assert (site.link.host, site.link.port) == ("127.0.0.1", 1234)
    assert site.store.directory == str(tmp_path / "st ore")
    assert site.store.runtime_directory == str(tmp_path / "r'\"un")
    assert site.link.backoff_cap_s <= 1


def test_everything_else_is_the_example(tmp_path):
    site, example = made(tmp_path), load(EXAMPLE)
    assert msgspec.structs.replace(site, link=example.link, store=example.store) == example
    assert site.store.commit_every_s == example.store.commit_every_s
    assert site.store.quota == example.store.quota


def test_the_link_may_have_more_keys(tmp_path):
    assert made(tmp_path, link={"protocol": '"3.1.1"'}).link.protocol is Protocol.V311


def test_a_mistaken_key_is_told_with_its_place(tmp_path):
    with pytest.raises(ConfigError, match=r"site\.yaml:\d+:\d+: link\.colour"):
        made(tmp_path, link={"colour": "red"})


def test_an_example_that_is_no_site_is_told(tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("gateway: 'no name'\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"bad\.yaml"):
        made(tmp_path, example=bad)


def test_a_section_goes_with_all_that_is_below_it_and_comments_at_the_margin_stay():
    kept = "# at the top\ngateway: g\n\n\n\n# before the log\nlog:\n  level: info\n\nlink:\n  port: 2\n"
    assert with_sections(TEXT, {"link": {"port": "2"}}) == kept


def test_a_section_that_is_not_there_is_added():
    assert with_sections("gateway: g\n", {"link": {"port": "2"}}) == "gateway: g\n\nlink:\n  port: 2\n"


def test_a_section_in_one_line_is_replaced():
    assert with_sections("link: {host: far}\ngateway: g\n", {"link": {"port": "2"}}) == (
        "gateway: g\n\nlink:\n  port: 2\n"
    )


@given(st.text(alphabet="ab: #\n\t-", max_size=60), st.sampled_from(["link", "store"]))
def test_doing_it_twice_changes_the_section_once(text, name):
    once = with_sections(text, {name: {"port": "2"}})
    twice = with_sections(once, {name: {"port": "3"}})
    assert twice.count(f"{name}:\n  port:") == 1
    assert "port: 2" not in twice


def test_the_example_is_part_of_the_project():
    assert Path(__file__).resolve().parents[2] / "config" / "greenhouse.yaml" == EXAMPLE
