"""Who may give orders, as the configuration says it."""

from __future__ import annotations

import pytest

from gateway.config import load
from gateway.errors import ConfigError


def site(tmp_path, text):
    file = tmp_path / "site.yaml"
    file.write_text(f"gateway: gw\n{text}\n")
    return file


def test_nothing_has_to_be_signed_where_nobody_says_so(tmp_path):
    assert not load(site(tmp_path, "")).commands.require_signature


def test_several_keys_are_known_by_name(tmp_path):
    text = "commands: {require_signature: true, keys: {ops: /a.pub, night: /b.pub}}"
    assert load(site(tmp_path, text)).commands.keys == {"ops": "/a.pub", "night": "/b.pub"}


@pytest.mark.parametrize(("text", "place"), [
    ("commands: {require_signature: true}", "no key is named"),
    ("commands: {require_signature: true, keys: {}}", "no key is named"),
    ("commands: {keys: {'a b': /a.pub}}", "a b"),
    ("commands: {signed: true}", "signed"),
])  # fmt: skip
def test_what_would_let_nobody_command_is_a_mistake(tmp_path, text, place):
    with pytest.raises(ConfigError, match=place):
        load(site(tmp_path, text))
