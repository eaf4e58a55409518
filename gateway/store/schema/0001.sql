-- What lives for the life of the store: its id, the count of starts, the counts of readings.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- Readings that wait for the twin. One row is one segment. A table for each lane, because a lane gives way as a whole,
-- oldest first: rows that go together lie together, and their pages become free. No second index: rows are read in the
-- order of their ids and deleted by them, and an index would double the pages that a commit touches.
CREATE TABLE segment_critical (
    id          INTEGER PRIMARY KEY,
    epoch       TEXT    NOT NULL,
    first       INTEGER NOT NULL,
    last        INTEGER NOT NULL,
    boot_id     TEXT    NOT NULL,
    boottime_ns INTEGER NOT NULL,
    wall_ns     INTEGER NOT NULL,
    clock       TEXT    NOT NULL,
    thinned     INTEGER NOT NULL,   -- seconds that a record stands for; 0 where each is one reading
    crc         INTEGER NOT NULL,   -- of all the rest but the id
    body        BLOB    NOT NULL
);

CREATE TABLE segment_high (
    id          INTEGER PRIMARY KEY,
    epoch       TEXT    NOT NULL,
    first       INTEGER NOT NULL,
    last        INTEGER NOT NULL,
    boot_id     TEXT    NOT NULL,
    boottime_ns INTEGER NOT NULL,
    wall_ns     INTEGER NOT NULL,
    clock       TEXT    NOT NULL,
    thinned     INTEGER NOT NULL,   -- seconds that a record stands for; 0 where each is one reading
    crc         INTEGER NOT NULL,   -- of all the rest but the id
    body        BLOB    NOT NULL
);

CREATE TABLE segment_normal (
    id          INTEGER PRIMARY KEY,
    epoch       TEXT    NOT NULL,
    first       INTEGER NOT NULL,
    last        INTEGER NOT NULL,
    boot_id     TEXT    NOT NULL,
    boottime_ns INTEGER NOT NULL,
    wall_ns     INTEGER NOT NULL,
    clock       TEXT    NOT NULL,
    thinned     INTEGER NOT NULL,   -- seconds that a record stands for; 0 where each is one reading
    crc         INTEGER NOT NULL,   -- of all the rest but the id
    body        BLOB    NOT NULL
);

CREATE TABLE segment_low (
    id          INTEGER PRIMARY KEY,
    epoch       TEXT    NOT NULL,
    first       INTEGER NOT NULL,
    last        INTEGER NOT NULL,
    boot_id     TEXT    NOT NULL,
    boottime_ns INTEGER NOT NULL,
    wall_ns     INTEGER NOT NULL,
    clock       TEXT    NOT NULL,
    thinned     INTEGER NOT NULL,   -- seconds that a record stands for; 0 where each is one reading
    crc         INTEGER NOT NULL,   -- of all the rest but the id
    body        BLOB    NOT NULL
);

-- All of them, for whoever looks.
CREATE VIEW segment AS
    SELECT id, 0 AS lane, epoch, first, last, boot_id, boottime_ns, wall_ns, clock, thinned, crc, body FROM segment_critical
UNION ALL
    SELECT id, 1 AS lane, epoch, first, last, boot_id, boottime_ns, wall_ns, clock, thinned, crc, body FROM segment_high
UNION ALL
    SELECT id, 2 AS lane, epoch, first, last, boot_id, boottime_ns, wall_ns, clock, thinned, crc, body FROM segment_normal
UNION ALL
    SELECT id, 3 AS lane, epoch, first, last, boot_id, boottime_ns, wall_ns, clock, thinned, crc, body FROM segment_low;

-- Segments that the twin can never take, for a person to look at.
CREATE TABLE quarantine (
    id          INTEGER PRIMARY KEY,
    reason      TEXT    NOT NULL,
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

-- Commands, from their admission until their outcome has been told and is old.
CREATE TABLE command (
    id           TEXT PRIMARY KEY,
    channel      TEXT    NOT NULL,
    value        TEXT    NOT NULL,   -- JSON
    priority     INTEGER NOT NULL,
    issued_s     REAL    NOT NULL,
    expires_s    REAL    NOT NULL,
    source       TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    reason_code  TEXT    NOT NULL DEFAULT '',
    reason       TEXT    NOT NULL DEFAULT '',
    result       TEXT    NOT NULL DEFAULT '',   -- JSON
    started      INTEGER NOT NULL DEFAULT 0,
    told         INTEGER NOT NULL DEFAULT 0,
    changed_s    REAL    NOT NULL
);

-- The append-only event log; `told` events have been acknowledged by the twin.
CREATE TABLE event (
    id     INTEGER PRIMARY KEY,
    time_s REAL NOT NULL,
    kind   TEXT NOT NULL,
    data   TEXT NOT NULL                -- JSON
);

-- Set points and other values that are kept over a restart.
CREATE TABLE held (
    channel TEXT PRIMARY KEY,
    value   TEXT NOT NULL               -- JSON
) WITHOUT ROWID;
