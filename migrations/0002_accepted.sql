-- What an operator accepted of what `tenon drift` shows: that an object is not as its plugin's revisions leave it.
CREATE TABLE tenon_accepted (
    name TEXT NOT NULL COLLATE NOCASE,
    kind TEXT NOT NULL CHECK (kind IN ('table', 'index', 'view', 'trigger')),
    text_hash TEXT,                         -- SHA-256 of its text then, which must be the same still; NULL when it was not there
    accepted_at TEXT NOT NULL,              -- RFC 3339, UTC
    PRIMARY KEY (name, kind)
) STRICT;
UPDATE tenon_bookkeeping SET version = 2;
