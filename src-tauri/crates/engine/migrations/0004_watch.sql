-- Watched folders, the files seen in them, and what was taken of them.

CREATE TABLE watch (
  num             INTEGER PRIMARY KEY AUTOINCREMENT,
  id              TEXT NOT NULL UNIQUE,
  place           TEXT NOT NULL CHECK (json_valid(place)),
  -- The place as people write it; no two are the same.
  name            TEXT NOT NULL UNIQUE,
  settings        TEXT NOT NULL CHECK (json_valid(settings)),
  out_dir         TEXT NOT NULL,
  paused          INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
  state           TEXT NOT NULL CHECK (json_valid(state)),
  -- The drive at the last good look; NULL: never seen, or a bucket.
  mount           TEXT CHECK (mount IS NULL OR json_valid(mount)),
  dev             INTEGER,
  -- Files at the last complete look.
  files           INTEGER NOT NULL DEFAULT 0,
  -- Rises with every wish for a scan; `scan_done` follows.
  scan_wanted     INTEGER NOT NULL DEFAULT 1,
  scan_done       INTEGER NOT NULL DEFAULT 0,
  -- Rises with every change of settings: whoever looks after it begins anew.
  edition         INTEGER NOT NULL DEFAULT 1,
  scanned_ms      INTEGER,
  scan_took_ms    INTEGER,
  next_scan_ms    INTEGER,
  closed_until_ms INTEGER,
  created_ms      INTEGER NOT NULL
) STRICT;

-- `stage`: what is to be done with it next, at `next_look_ms`; NULL: nothing until a scan sees it changed.
-- `soon`: it goes on by itself within seconds.
CREATE TABLE arrival (
  num           INTEGER PRIMARY KEY AUTOINCREMENT,
  watch         INTEGER NOT NULL REFERENCES watch (num) ON DELETE CASCADE,
  path          TEXT NOT NULL,
  bytes         INTEGER NOT NULL,
  mtime_ns      INTEGER NOT NULL,
  dev           INTEGER NOT NULL,
  inode         INTEGER NOT NULL,
  tag           TEXT,
  still_since_ms INTEGER NOT NULL,
  last_look_ms  INTEGER NOT NULL,
  state         TEXT NOT NULL CHECK (state IN
                  ('waiting', 'held', 'at-work', 'delivered', 'failed', 'skipped', 'gone')),
  reason        TEXT NOT NULL CHECK (json_valid(reason)),
  stage         TEXT CHECK (stage IN ('look', 'fetch', 'check', 'examine', 'compare', 'finish')),
  next_look_ms  INTEGER,
  soon          INTEGER NOT NULL DEFAULT 0 CHECK (soon IN (0, 1)),
  -- Looks in a row that held it.
  tries         INTEGER NOT NULL DEFAULT 0,
  -- Of the content that stands there now; NULL: not known yet.
  fingerprint   TEXT,
  sha256        TEXT,
  -- Somebody wished it once more: what was taken before does not count.
  again         INTEGER NOT NULL DEFAULT 0 CHECK (again IN (0, 1)),
  -- Rises whenever jobs are made of it.
  round         INTEGER NOT NULL DEFAULT 0,
  -- Its state and reason before it was gone.
  prior         TEXT CHECK (prior IS NULL OR json_valid(prior)),
  first_seen_ms INTEGER NOT NULL,
  changed_ms    INTEGER NOT NULL,
  UNIQUE (watch, path)
) STRICT;
CREATE INDEX arrival_due ON arrival (watch, stage, next_look_ms) WHERE stage IS NOT NULL;
CREATE INDEX arrival_soon ON arrival (watch) WHERE soon = 1;
CREATE INDEX arrival_state ON arrival (state, num);
CREATE INDEX arrival_watch_state ON arrival (watch, state, num);

-- Contents that jobs were made of: what the same file is known by again, whatever its name is then.
CREATE TABLE content (
  num         INTEGER PRIMARY KEY AUTOINCREMENT,
  watch       INTEGER NOT NULL REFERENCES watch (num) ON DELETE CASCADE,
  arrival     INTEGER NOT NULL,
  round       INTEGER NOT NULL,
  path        TEXT NOT NULL,
  bytes       INTEGER NOT NULL,
  mtime_ns    INTEGER NOT NULL,
  inode       INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  sha256      TEXT,
  taken_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX content_known ON content (watch, bytes, fingerprint);
CREATE INDEX content_arrival ON content (arrival, round);

CREATE TABLE arrival_job (
  arrival INTEGER NOT NULL REFERENCES arrival (num) ON DELETE CASCADE,
  job     INTEGER NOT NULL REFERENCES job (num) ON DELETE CASCADE,
  round   INTEGER NOT NULL,
  PRIMARY KEY (arrival, job)
) STRICT, WITHOUT ROWID;
CREATE INDEX arrival_job_back ON arrival_job (job);
CREATE INDEX output_place ON output (final_path);

-- What others are to be told of watched folders; whoever tells them keeps how far they are.
CREATE TABLE announcement (
  seq          INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms        INTEGER NOT NULL,
  kind         TEXT NOT NULL CHECK (kind IN
                 ('watch.unreachable', 'watch.reachable', 'arrival.held', 'arrival.skipped')),
  watch        TEXT NOT NULL,
  watch_place  TEXT NOT NULL,
  arrival_path TEXT,
  body         TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

-- Files of a folder by state, kept so that a list of folders is never a scan of their files.
CREATE TABLE arrival_count (
  watch INTEGER NOT NULL,
  state TEXT NOT NULL,
  files INTEGER NOT NULL,
  PRIMARY KEY (watch, state)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER arrival_in AFTER INSERT ON arrival BEGIN
  INSERT INTO arrival_count VALUES (new.watch, new.state, 1)
  ON CONFLICT (watch, state) DO UPDATE SET files = files + 1;
  UPDATE revision SET value = value + 1 WHERE name = 'watches';
END;
CREATE TRIGGER arrival_moved AFTER UPDATE OF state ON arrival WHEN old.state <> new.state BEGIN
  UPDATE arrival_count SET files = files - 1 WHERE watch = old.watch AND state = old.state;
  INSERT INTO arrival_count VALUES (new.watch, new.state, 1)
  ON CONFLICT (watch, state) DO UPDATE SET files = files + 1;
END;
CREATE TRIGGER arrival_told AFTER UPDATE OF path, bytes, state, reason, next_look_ms ON arrival
WHEN old.state <> new.state OR old.reason <> new.reason OR old.bytes <> new.bytes OR old.path <> new.path
  OR old.next_look_ms IS NOT new.next_look_ms BEGIN
  UPDATE revision SET value = value + 1 WHERE name = 'watches';
END;
CREATE TRIGGER arrival_out AFTER DELETE ON arrival BEGIN
  UPDATE arrival_count SET files = files - 1 WHERE watch = old.watch AND state = old.state;
  UPDATE revision SET value = value + 1 WHERE name = 'watches';
END;

CREATE TRIGGER watch_in AFTER INSERT ON watch BEGIN
  UPDATE revision SET value = value + 1 WHERE name = 'watches';
END;
CREATE TRIGGER watch_told AFTER UPDATE ON watch BEGIN
  UPDATE revision SET value = value + 1 WHERE name = 'watches';
END;
CREATE TRIGGER watch_out AFTER DELETE ON watch BEGIN
  DELETE FROM arrival_count WHERE watch = old.num;
  UPDATE revision SET value = value + 1 WHERE name = 'watches';
END;

-- A file is where its jobs are, whoever changes them: those of its present round.
CREATE TRIGGER arrival_job_state AFTER UPDATE OF state ON job
WHEN old.state <> new.state AND EXISTS (SELECT 1 FROM arrival_job WHERE job = new.num) BEGIN
  UPDATE arrival SET state = (
    SELECT CASE WHEN sum(j.state IN ('queued', 'running')) > 0 THEN 'at-work'
                WHEN sum(j.state <> 'delivered') = 0 THEN 'delivered'
                ELSE 'failed' END
    FROM arrival_job aj JOIN job j ON j.num = aj.job
    WHERE aj.arrival = arrival.num AND aj.round = arrival.round)
  WHERE state IN ('at-work', 'delivered', 'failed') AND EXISTS (
    SELECT 1 FROM arrival_job aj
    WHERE aj.arrival = arrival.num AND aj.job = new.num AND aj.round = arrival.round)
    AND num IN (SELECT arrival FROM arrival_job WHERE job = new.num);
  -- What is being looked at again for another reason is left at it: it comes back to this by itself.
  UPDATE arrival SET
    stage = iif(state = 'at-work', NULL, 'finish'),
    next_look_ms = iif(state = 'at-work', NULL, new.ended_ms),
    soon = state <> 'at-work'
  WHERE state IN ('at-work', 'delivered', 'failed') AND (stage IS NULL OR stage = 'finish')
    AND num IN (SELECT arrival FROM arrival_job WHERE job = new.num);
  UPDATE revision SET value = value + 1 WHERE name = 'watches';
END;

CREATE TRIGGER content_hashed AFTER UPDATE OF source_sha256 ON job WHEN new.source_sha256 IS NOT NULL BEGIN
  UPDATE content SET sha256 = new.source_sha256
  WHERE sha256 IS NULL AND bytes = new.source_bytes AND num IN (
    SELECT c.num FROM arrival_job aj JOIN content c ON c.arrival = aj.arrival AND c.round = aj.round
    WHERE aj.job = new.num);
END;

-- What was kept for a retry is needed no more when the job is taken off the list.
CREATE TRIGGER arrival_job_out AFTER DELETE ON arrival_job BEGIN
  UPDATE arrival SET stage = 'finish', next_look_ms = 0, soon = 1
  WHERE num = old.arrival AND state IN ('delivered', 'failed') AND stage IS NULL;
END;
