"""What OpenSSL says, without the names and line numbers of its own code."""

from __future__ import annotations

import re
import ssl

_BEFORE = re.compile(r"\A\[(?:Errno -?\d+|[A-Z0-9_]+(?:: [A-Z0-9_]+)?)\] ?")
_BEHIND = re.compile(r" ?\(_ssl\.c:\d+\)\Z")
WORDS = {
    "PEM lib": "a file is not PEM, is locked by a passphrase, or certificate and key do not belong together",
    "no certificate or crl found": "there is no certificate in the file",
}


def of_openssl(error: BaseException) -> str:
    """The text of an error for people."""
    if isinstance(error, ssl.SSLCertVerificationError) and error.verify_message:
        return f"{error.verify_message}"
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    text = _BEHIND.sub("", _BEFORE.sub("", str(error)))
    return WORDS.get(text, text)
