"""Fakes that behave: each keeps the contract of the real thing and adds what a test needs to steer it."""
