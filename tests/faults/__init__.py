"""The fault suite: something breaks, and afterwards the same seven checks hold.

A case (`kills`, `syscalls`, `power`, ...) runs the daemon in a process of its own (`workload`), which notes outside the
disk under test what it was promised (`notes`); breaks something; lets a last run deliver everything (`Plan.finish`);
and hands what is found then (`evidence`) to the checks (`checks`). `scripts/faults` runs every case in its long form.
"""
