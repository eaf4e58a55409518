-- What waits for the decision whether it is sent (the candidate of a swinging door, the readings of an open window), as
-- segments that have their numbers already. All of them are replaced with every commit. It is sent only where a power cut
-- took the newer ones; where those had arrived, the twin has these numbers, and drops it.
CREATE TABLE undecided (
    id          INTEGER PRIMARY KEY,
    lane        INTEGER NOT NULL,
    epoch       TEXT    NOT NULL,
    first       INTEGER NOT NULL,
    last        INTEGER NOT NULL,
    boot_id     TEXT    NOT NULL,
    boottime_ns INTEGER NOT NULL,
    wall_ns     INTEGER NOT NULL,
    clock       TEXT    NOT NULL,
    thinned     INTEGER NOT NULL,
    crc         INTEGER NOT NULL,
    body        BLOB    NOT NULL
);
