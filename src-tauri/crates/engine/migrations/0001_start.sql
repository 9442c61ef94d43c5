-- Rows are the truth; `event` is journal and cross-process feed, written in the same transaction.
-- Times are ms UTC, money is millionths of a US dollar, JSON holds frozen or opaque documents only.

CREATE TABLE job (
  num             INTEGER PRIMARY KEY AUTOINCREMENT,
  id              TEXT NOT NULL UNIQUE,
  source          TEXT NOT NULL,
  source_bytes    INTEGER,
  source_mtime_ns INTEGER,
  source_dev      INTEGER,
  source_inode    INTEGER,
  source_sha256   TEXT,
  profile_id      TEXT NOT NULL,
  partner         TEXT NOT NULL,
  profile         TEXT NOT NULL CHECK (json_valid(profile)),
  engine          TEXT NOT NULL CHECK (engine IN ('local', 'cloud')),
  out_dir         TEXT NOT NULL,
  state           TEXT NOT NULL CHECK (state IN ('queued', 'running', 'delivered', 'failed', 'cancelled')),
  wish            TEXT NOT NULL DEFAULT 'run' CHECK (wish IN ('run', 'pause', 'cancel')),
  priority        INTEGER NOT NULL DEFAULT 0,
  tier            INTEGER NOT NULL DEFAULT 0 CHECK (tier BETWEEN 0 AND 2),
  plan            TEXT CHECK (plan IS NULL OR json_valid(plan)),
  error           TEXT CHECK (error IS NULL OR json_valid(error)),
  receipt         TEXT,
  cost_microusd   INTEGER NOT NULL DEFAULT 0,
  created_ms      INTEGER NOT NULL,
  started_ms      INTEGER,
  ended_ms        INTEGER,
  CHECK ((state IN ('delivered', 'failed', 'cancelled')) = (ended_ms IS NOT NULL))
) STRICT;
CREATE INDEX job_live ON job (num) WHERE state IN ('queued', 'running');
CREATE INDEX job_wish ON job (num) WHERE wish <> 'run' AND state IN ('queued', 'running');
CREATE INDEX job_state ON job (state, num);
CREATE INDEX job_profile ON job (profile_id, num);
CREATE INDEX job_source ON job (source, num) WHERE source_sha256 IS NOT NULL;

CREATE TABLE step (
  job         INTEGER NOT NULL REFERENCES job (num) ON DELETE CASCADE,
  ord         INTEGER NOT NULL,
  kind        TEXT NOT NULL,
  label       TEXT NOT NULL,
  state       TEXT NOT NULL
              CHECK (state IN ('blocked', 'ready', 'running', 'waiting', 'done', 'failed', 'skipped')),
  attempt     INTEGER NOT NULL DEFAULT 0,
  claim       INTEGER,
  interrupted INTEGER NOT NULL DEFAULT 0,
  due_ms      INTEGER,
  lane        TEXT NOT NULL CHECK (lane IN ('encode', 'hash', 'place')),
  priority    INTEGER NOT NULL,
  rank        INTEGER NOT NULL,
  weight      INTEGER NOT NULL DEFAULT 0,
  frames      INTEGER NOT NULL DEFAULT 0,
  input       TEXT NOT NULL CHECK (json_valid(input)),
  output      TEXT CHECK (output IS NULL OR json_valid(output)),
  PRIMARY KEY (job, ord),
  CHECK ((state = 'running') = (claim IS NOT NULL)),
  CHECK ((state = 'waiting') = (due_ms IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX step_ready ON step (lane, priority DESC, job, rank, weight DESC, ord) WHERE state = 'ready';
CREATE INDEX step_due ON step (due_ms) WHERE state = 'waiting';
CREATE INDEX step_running ON step (job) WHERE state = 'running';

CREATE TABLE need (
  job   INTEGER NOT NULL,
  ord   INTEGER NOT NULL,
  needs INTEGER NOT NULL,
  PRIMARY KEY (job, ord, needs),
  FOREIGN KEY (job, ord) REFERENCES step (job, ord) ON DELETE CASCADE,
  FOREIGN KEY (job, needs) REFERENCES step (job, ord) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX need_back ON need (job, needs);

CREATE TABLE attempt (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  job        INTEGER NOT NULL,
  ord        INTEGER NOT NULL,
  number     INTEGER NOT NULL,
  started_ms INTEGER NOT NULL,
  ended_ms   INTEGER,
  outcome    TEXT CHECK (outcome IN ('done', 'failed', 'interrupted', 'stopped')),
  failure    TEXT CHECK (failure IS NULL OR json_valid(failure)),
  FOREIGN KEY (job, ord) REFERENCES step (job, ord) ON DELETE CASCADE,
  CHECK ((ended_ms IS NULL) = (outcome IS NULL))
) STRICT;
CREATE INDEX attempt_step ON attempt (job, ord, id);

CREATE TABLE part (
  job     INTEGER NOT NULL,
  ord     INTEGER NOT NULL,
  path    TEXT NOT NULL,
  bytes   INTEGER NOT NULL,
  sha256  TEXT NOT NULL,
  packets INTEGER NOT NULL,
  PRIMARY KEY (job, ord, path),
  FOREIGN KEY (job, ord) REFERENCES step (job, ord) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Media outputs in the order of the profile, then the receipts. A name is taken while `live`.
CREATE TABLE output (
  job           INTEGER NOT NULL REFERENCES job (num) ON DELETE CASCADE,
  ord           INTEGER NOT NULL,
  id            TEXT NOT NULL,
  role          TEXT NOT NULL CHECK (role IN ('media', 'receipt')),
  final_path    TEXT NOT NULL,
  temp_path     TEXT NOT NULL,
  collision_key TEXT NOT NULL,
  live          INTEGER NOT NULL DEFAULT 1 CHECK (live IN (0, 1)),
  state         TEXT NOT NULL DEFAULT 'reserved' CHECK (state IN ('reserved', 'intended', 'placed')),
  files         TEXT CHECK (files IS NULL OR json_valid(files)),
  bytes         INTEGER NOT NULL DEFAULT 0,
  frames        INTEGER NOT NULL DEFAULT 0,
  duration_ms   INTEGER NOT NULL DEFAULT 0,
  body          TEXT,
  PRIMARY KEY (job, ord),
  CHECK (state = 'reserved' OR files IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX output_name ON output (collision_key) WHERE live = 1;

-- No reference to `job`: the entry `removed` outlives its job.
CREATE TABLE event (
  seq   INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  job   TEXT NOT NULL,
  body  TEXT NOT NULL CHECK (json_valid(body))
) STRICT;
CREATE INDEX event_job ON event (job, seq);
