"""The version of this software; a test holds it to the package's own."""

VERSION = "0.1.0"
