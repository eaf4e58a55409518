"""Measures what the project promises, each figure beside a straightforward outbox in the same run."""
