-- The boots of the machine, in their order: when each began by the wall clock, where that was ever known, and a boottime
-- that it reached. With it the times of what an earlier boot left here can be repaired, or at least bounded.
CREATE TABLE boot (
    id       INTEGER PRIMARY KEY,
    boot_id  TEXT    NOT NULL UNIQUE,
    began_ns INTEGER,
    last_ns  INTEGER NOT NULL
);

-- When an event was, by the clock that does not jump; `time_s` is what the wall clock said. Those from before this
-- column have no boot, and keep the time that they had.
ALTER TABLE event ADD COLUMN boot_id     TEXT    NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN boottime_ns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE event ADD COLUMN clock       TEXT    NOT NULL DEFAULT 'synchronised';
