"""Parts and surroundings that are not there, up to the level of the bus; drivers and buses above are the real ones.

`hardware.SimulatedHardware` puts chips on buses and ties them to `world.World`.
"""
