"""The parts of this site: asked for readings on time, driven on command."""
