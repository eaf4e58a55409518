-- What the twin keeps. Times are Unix seconds. Readings, the bulk, are clustered by series and time, so that reading a
-- history touches few pages; which numbers are held is kept as ranges, and decides alone what is new.
CREATE TABLE gateways (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    online INTEGER NOT NULL,
    epoch TEXT NOT NULL,
    last_heard REAL NOT NULL,
    duplicates INTEGER NOT NULL,
    out_of_order INTEGER NOT NULL,
    latency BLOB NOT NULL
) STRICT;

CREATE TABLE births (
    gateway INTEGER NOT NULL REFERENCES gateways (id),
    epoch TEXT NOT NULL,
    received REAL NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (gateway, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE numberings (
    id INTEGER PRIMARY KEY,
    gateway INTEGER NOT NULL REFERENCES gateways (id),
    epoch TEXT NOT NULL,
    lane TEXT NOT NULL,
    stated INTEGER NOT NULL,
    UNIQUE (gateway, epoch, lane)
) STRICT;

CREATE TABLE received (
    numbering INTEGER NOT NULL REFERENCES numberings (id),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (numbering, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    gateway INTEGER NOT NULL REFERENCES gateways (id),
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    time REAL NOT NULL,
    value ANY NOT NULL, -- INTEGER is a boolean, REAL a number, TEXT a text
    quality TEXT NOT NULL,
    reason TEXT NOT NULL,
    UNIQUE (gateway, name)
) STRICT;

CREATE TABLE readings (
    series INTEGER NOT NULL,
    time REAL NOT NULL,
    numbering INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    value ANY NOT NULL,
    quality TEXT, -- NULL is good
    reason TEXT,
    PRIMARY KEY (series, time, numbering, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE shadows (
    gateway INTEGER NOT NULL REFERENCES gateways (id),
    device TEXT NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (gateway, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE executions (
    gateway INTEGER NOT NULL REFERENCES gateways (id),
    id TEXT NOT NULL,
    request BLOB, -- NULL where the gateway itself made the command
    issued REAL,
    expires REAL,
    status TEXT NOT NULL,
    accepted REAL,
    finished REAL,
    reason BLOB,
    result BLOB,
    PRIMARY KEY (gateway, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX executions_finished ON executions (gateway, finished);

CREATE TABLE events (
    gateway INTEGER NOT NULL REFERENCES gateways (id),
    store TEXT NOT NULL,
    id INTEGER NOT NULL,
    time REAL NOT NULL,
    kind TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (gateway, store, id)
) STRICT, WITHOUT ROWID;
