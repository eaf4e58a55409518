-- What is known of every output that has conditions of safety: since when it is on or off, how often it was switched.
-- A row is written in the transaction of what switched it.
CREATE TABLE output (
    channel TEXT PRIMARY KEY,
    body    TEXT NOT NULL               -- JSON
) WITHOUT ROWID;
