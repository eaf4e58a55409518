"""The reference twin: receives, keeps, acknowledges and asks."""
