"""Bytes on a wire: the only files that know a hardware library."""
