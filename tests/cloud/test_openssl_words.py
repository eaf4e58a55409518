"""What OpenSSL says, as people read it."""

from __future__ import annotations

import ssl

import pytest

from gateway.cloud.credentials import tls_of
from gateway.cloud.openssl import WORDS, of_openssl
from gateway.core.settings import LinkSettings, TlsSettings
from gateway.errors import LinkError


def unverified():
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:1000)")
    error.verify_message = "certificate has expired"
    return error


@pytest.mark.parametrize(("error", "words"), [
    (unverified(), "certificate has expired"),
    (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)"), "wrong version number"),
    (ssl.SSLError(9, "[SSL] PEM lib (_ssl.c:3900)"), WORDS["PEM lib"]),
    (FileNotFoundError(2, "No such file or directory"), "No such file or directory"),
    (FileNotFoundError(2, "No such file or directory", "/x.pem"), "/x.pem: No such file or directory"),
    (RuntimeError("[this] stays (as it is)"), "[this] stays (as it is)"),
])  # fmt: skip
def test_names_and_line_numbers_of_its_code_are_left_out(error, words):
    assert of_openssl(error) == words


@pytest.mark.parametrize(("content", "words"), [
    (b"", "no certificate"), (b"no certificate", "no certificate"), (None, "No such file"),
])  # fmt: skip
def test_a_certificate_that_cannot_be_used_is_told_in_words(tmp_path, content, words):
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(LinkError) as caught:
        tls_of(LinkSettings(host="h", tls=TlsSettings(ca=str(file))))
    assert words in str(caught.value)
    assert "_ssl" not in str(caught.value)
