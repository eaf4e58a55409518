-- What an aggregate says beside its mean, which is the reading of the same number.
CREATE TABLE aggregates (
    series INTEGER NOT NULL REFERENCES series (id),
    time REAL NOT NULL,
    numbering INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    body BLOB NOT NULL, -- JSON
    PRIMARY KEY (series, time, numbering, seq)
) STRICT, WITHOUT ROWID;
