-- What all files of this folder, replayed on an empty database, end in. Read it; a test keeps it equal.

CREATE TABLE tenon_bookkeeping (
    version INTEGER NOT NULL
) STRICT;
CREATE TABLE tenon_ledger (
    seq INTEGER NOT NULL PRIMARY KEY,       -- "applied last" is the largest; never a time
    plugin TEXT NOT NULL,
    revision TEXT NOT NULL,
    plugin_version TEXT NOT NULL,           -- semver of the component that applied it
    parents TEXT NOT NULL,                  -- JSON array of revision ids of the same plugin
    depends_on TEXT NOT NULL,               -- JSON array of plugin@revision
    requires TEXT NOT NULL,                 -- JSON array of the names of required plugins
    message TEXT NOT NULL,
    created TEXT NOT NULL,                  -- RFC 3339, as the plugin says
    irreversible TEXT,                      -- why there is no way back
    applied_at TEXT NOT NULL,               -- RFC 3339, UTC
    duration_us INTEGER,                    -- NULL when it was applied from a script
    component TEXT NOT NULL,                -- SHA-256 of the component; its bytes are in tenon_components, once archived
    digest TEXT NOT NULL,                   -- SHA-256 of `up`
    up TEXT NOT NULL,                       -- JSON array of canonical operations, as replayed on an empty database
    UNIQUE (plugin, revision)
) STRICT;
CREATE TABLE tenon_components (
    hash TEXT NOT NULL PRIMARY KEY,         -- SHA-256 of the component
    plugin TEXT NOT NULL,
    plugin_version TEXT NOT NULL,
    size INTEGER NOT NULL,                  -- bytes, uncompressed
    archived_at TEXT NOT NULL,              -- RFC 3339, UTC
    content BLOB NOT NULL                   -- zstd
) STRICT;
CREATE TABLE tenon_objects (
    name TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,
    kind TEXT NOT NULL CHECK (kind IN ('table', 'index', 'view', 'trigger')),
    parent TEXT NOT NULL COLLATE NOCASE,    -- the table it belongs to; its own name for a table or view
    plugin TEXT NOT NULL
) STRICT;
CREATE INDEX tenon_objects_parent ON tenon_objects (parent);
CREATE TABLE tenon_accepted (
    name TEXT NOT NULL COLLATE NOCASE,
    kind TEXT NOT NULL CHECK (kind IN ('table', 'index', 'view', 'trigger')),
    text_hash TEXT,                         -- SHA-256 of its text then, which must be the same still; NULL when it was not there
    accepted_at TEXT NOT NULL,              -- RFC 3339, UTC
    PRIMARY KEY (name, kind)
) STRICT;
