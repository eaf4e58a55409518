"""The link to the broker, and what goes up and comes down over it."""
