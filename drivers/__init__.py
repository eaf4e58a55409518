"""Parts with a datasheet, one file each, and the buses that they sit on."""
