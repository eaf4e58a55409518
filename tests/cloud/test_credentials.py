"""The password as it stands in its file, and what is said where it cannot be had."""

from __future__ import annotations

import pytest

from gateway.cloud.credentials import password_of, tls_of
from gateway.core.settings import LinkSettings
from gateway.errors import LinkError


def link(file):
    return LinkSettings(username="gw", password_file=str(file))


@pytest.mark.parametrize(("content", "password"), [
    (b"secret", "secret"),
    (b"secret\n", "secret"),
    (b"secret\r\n", "secret"),
    (b" with spaces \n", " with spaces "),
    ("schlüssel\n".encode(), "schlüssel"),
    (b"", ""),
])  # fmt: skip
def test_the_end_of_its_line_is_no_part_of_a_password(tmp_path, content, password):
    (tmp_path / "secret").write_bytes(content)
    assert password_of(link(tmp_path / "secret")) == password


@pytest.mark.parametrize("content", [None, b"\xff\xfesecret"], ids=["absent", "no text"])
def test_a_password_that_cannot_be_read_is_a_link_error_that_names_the_file_and_not_the_password(tmp_path, content):
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(LinkError, match=str(file)) as caught:
        password_of(link(file))
    assert caught.value.hint == "link.password_file"
    assert "xfe" not in str(caught.value)


def test_without_settings_there_is_neither_password_nor_encryption():
    assert password_of(LinkSettings()) is None
    assert tls_of(LinkSettings()) is None
