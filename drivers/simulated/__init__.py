"""Buses in memory that answer as the real ones do, byte by byte, in a small physical world."""
