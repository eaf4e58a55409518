-- What both sides agreed on last: the base that a change on either side is told by. A row is written in the transaction
-- of what came of the change.
CREATE TABLE agreed (
    property TEXT PRIMARY KEY,          -- device/channel, or device/_settings
    desired  TEXT NOT NULL,             -- JSON
    stamp    TEXT NOT NULL              -- hybrid logical clock
) WITHOUT ROWID;

-- Values that were set by hand and hold for a time.
CREATE TABLE override (
    channel TEXT PRIMARY KEY,
    body    TEXT NOT NULL               -- JSON
) WITHOUT ROWID;
