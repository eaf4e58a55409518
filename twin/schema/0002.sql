-- What the records of thinned segments say, and which numbers will never come.
CREATE TABLE thinned (
    series INTEGER NOT NULL,
    time REAL NOT NULL,
    numbering INTEGER NOT NULL,
    first INTEGER NOT NULL, -- The segment was about these numbers, and this is its record `place`.
    last INTEGER NOT NULL,
    place INTEGER NOT NULL,
    bucket INTEGER NOT NULL, -- seconds
    count INTEGER NOT NULL,
    value ANY NOT NULL,
    quality TEXT, -- NULL is good
    reason TEXT,
    min REAL, -- NULL, as the three others, where the value is no mean
    max REAL,
    tmin REAL,
    tmax REAL,
    overlap INTEGER NOT NULL, -- 1: some of the segment's readings are also held otherwise
    PRIMARY KEY (series, time, numbering, first, last, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE shed (
    numbering INTEGER NOT NULL REFERENCES numberings (id),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (numbering, first)
) STRICT, WITHOUT ROWID;

ALTER TABLE series ADD COLUMN thinned BLOB; -- JSON; NULL where the value is one reading

CREATE INDEX executions_unanswered ON executions (gateway, expires) WHERE finished IS NULL;

CREATE INDEX events_gap ON events (gateway, time) WHERE kind = 'gap';
