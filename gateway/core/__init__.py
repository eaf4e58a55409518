"""What edgetwin decides, as plain functions over plain values: no clock, no disk, no wire."""
