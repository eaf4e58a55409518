"""The daemon: what is opened, who is handed what, and in which order it ends."""
