-- What a job is asked beyond source and profile, and counters that tell a window what to read again.

-- Takes the place of the source's name in the names of outputs; NULL: the source's.
ALTER TABLE job ADD COLUMN title TEXT;
-- Words of the sender, carried to receipt and messages; never interpreted.
ALTER TABLE job ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(metadata));
-- When it should be delivered, ms UTC.
ALTER TABLE job ADD COLUMN deadline_ms INTEGER;
-- Public id of the watched folder that it came from; the folder may be gone.
ALTER TABLE job ADD COLUMN watch TEXT;
CREATE INDEX job_watch ON job (watch, num) WHERE watch IS NOT NULL;

CREATE TABLE revision (
  name  TEXT PRIMARY KEY CHECK (name IN ('watches', 'outbox', 'hold')),
  value INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO revision (name) VALUES ('watches'), ('outbox'), ('hold');
