"""The main job shown from end to end, with faults, on simulated hardware."""
