"""The daemon: reads the parts of a site, drives its actuators, and keeps its twin true."""
