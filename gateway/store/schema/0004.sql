-- The chain of the event log: each entry's digest is that of the entry before it and of all the rest of its row
-- (`gateway/core/chain.py`). Those from before this column have none, and the chain begins behind them.
ALTER TABLE event ADD COLUMN digest BLOB;
INSERT INTO meta (key, value)
    SELECT 'events_anchor', max(id) || ':0000000000000000000000000000000000000000000000000000000000000000'
    FROM event HAVING count(*) > 0;

-- What a command is beside a value for a channel: an operation of a device with parameters, the version of the device's
-- shadow that it counts on, where else it is to be answered, and whose key signed it. What is made here is good until a
-- boottime of one boot, whatever the wall clock is set to.
ALTER TABLE command ADD COLUMN operation   TEXT    NOT NULL DEFAULT 'set';
ALTER TABLE command ADD COLUMN parameters  TEXT    NOT NULL DEFAULT '';   -- JSON
ALTER TABLE command ADD COLUMN idempotent  INTEGER NOT NULL DEFAULT 1;
ALTER TABLE command ADD COLUMN if_version  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE command ADD COLUMN reply_topic TEXT    NOT NULL DEFAULT '';
ALTER TABLE command ADD COLUMN correlation BLOB    NOT NULL DEFAULT X'';
ALTER TABLE command ADD COLUMN signer      TEXT    NOT NULL DEFAULT '';
ALTER TABLE command ADD COLUMN boot_id     TEXT    NOT NULL DEFAULT '';
ALTER TABLE command ADD COLUMN deadline_ns INTEGER NOT NULL DEFAULT 0;
