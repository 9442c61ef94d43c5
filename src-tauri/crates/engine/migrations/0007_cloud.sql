-- The cloud engine: who wants which engine and why it was chosen, MediaConvert jobs, uploads, and the ledger.

-- Which engine was asked for.
ALTER TABLE job ADD COLUMN engine_wish TEXT NOT NULL DEFAULT 'auto' CHECK (engine_wish IN ('auto', 'local', 'cloud'));
-- Why `engine` is what it is; NULL: not decided yet.
ALTER TABLE job ADD COLUMN route TEXT CHECK (route IS NULL OR json_valid(route));
UPDATE job SET engine_wish = 'local';
-- Why the cloud is out of the question for this job from now on; NULL: it is not.
ALTER TABLE job ADD COLUMN against_cloud TEXT CHECK (against_cloud IS NULL OR json_valid(against_cloud));

-- Two more lanes: transfers, and work that somebody else does.
DROP INDEX step_ready;
ALTER TABLE step RENAME COLUMN lane TO former_lane;
ALTER TABLE step ADD COLUMN lane TEXT NOT NULL DEFAULT 'encode'
  CHECK (lane IN ('encode', 'hash', 'place', 'transfer', 'remote'));
UPDATE step SET lane = former_lane;
ALTER TABLE step DROP COLUMN former_lane;
CREATE INDEX step_ready ON step (lane, priority DESC, job, rank, weight DESC, ord) WHERE state = 'ready';

-- Objects that were, or are to be, brought into the bucket: on record before anything is sent, and until they are
-- known to be removed. They outlive the steps of a plan that was given up.
CREATE TABLE upload (
  job       INTEGER NOT NULL REFERENCES job (num) ON DELETE CASCADE,
  ord       INTEGER NOT NULL,
  -- Address, `s3://BUCKET/KEY`.
  object    TEXT NOT NULL,
  -- What was cut out of the source for it.
  cut       TEXT CHECK (cut IS NULL OR json_valid(cut)),
  -- As the service calls the upload, once begun.
  upload_id TEXT,
  PRIMARY KEY (job, ord)
) STRICT, WITHOUT ROWID;

-- A MediaConvert job: the intent is on record before it is made. Rows outlive the steps of a plan that was given up,
-- until they are known to be over.
CREATE TABLE remote (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  job          INTEGER NOT NULL REFERENCES job (num) ON DELETE CASCADE,
  ord          INTEGER NOT NULL,
  token        TEXT NOT NULL UNIQUE,
  -- Address of the input, by which it is searched for.
  input        TEXT NOT NULL,
  -- What it costs by.
  work         TEXT NOT NULL CHECK (json_valid(work)),
  state        TEXT NOT NULL DEFAULT 'intended'
               CHECK (state IN ('intended', 'submitted', 'progressing', 'complete', 'error', 'canceled')),
  -- As the service calls it, once known.
  remote_id    TEXT,
  phase        TEXT,
  intended_ms  INTEGER NOT NULL,
  submitted_ms INTEGER,
  finished_ms  INTEGER,
  error        TEXT CHECK (error IS NULL OR json_valid(error)),
  -- Belongs to a plan that was given up, or its results are lost.
  abandoned    INTEGER NOT NULL DEFAULT 0 CHECK (abandoned IN (0, 1))
) STRICT;
CREATE INDEX remote_step ON remote (job, ord, id);
CREATE INDEX remote_open ON remote (state) WHERE state IN ('intended', 'submitted', 'progressing');

-- Charges. They outlive their jobs.
CREATE TABLE ledger (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  -- What makes it unique, so that nothing is booked twice: job, step, try, rendition.
  key               TEXT NOT NULL UNIQUE,
  at_ms             INTEGER NOT NULL,
  settled_ms        INTEGER,
  job               TEXT NOT NULL,
  profile_id        TEXT NOT NULL,
  partner           TEXT NOT NULL,
  engine            TEXT NOT NULL CHECK (engine IN ('local', 'cloud')),
  resource          TEXT NOT NULL CHECK (resource IN ('transcode', 'storage', 'requests', 'egress', 'machine')),
  item              TEXT NOT NULL,
  quantity          REAL NOT NULL,
  unit              TEXT NOT NULL,
  unit_nanousd      INTEGER NOT NULL,
  -- Normalised minutes in thousandths, for volume prices; 0 for everything else.
  milliminutes      INTEGER NOT NULL DEFAULT 0,
  tier              TEXT CHECK (tier IS NULL OR tier IN ('basic', 'professional')),
  estimate_microusd INTEGER NOT NULL,
  amount_microusd   INTEGER NOT NULL,
  state             TEXT NOT NULL CHECK (state IN ('reserved', 'settled', 'void')),
  price_book        TEXT NOT NULL
) STRICT;
CREATE INDEX ledger_job ON ledger (job, id);
CREATE INDEX ledger_time ON ledger (at_ms, profile_id);
CREATE INDEX ledger_volume ON ledger (tier, at_ms, id, milliminutes) WHERE state <> 'void';
CREATE INDEX ledger_spent ON ledger (engine, at_ms, amount_microusd);
CREATE INDEX ledger_profile ON ledger (profile_id, at_ms, amount_microusd);

-- What was last seen of the cloud: one row.
CREATE TABLE reach (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  -- Why it cannot be used; NULL: it can, or nobody has tried.
  against    TEXT CHECK (against IS NULL OR json_valid(against)),
  checked_ms INTEGER NOT NULL
) STRICT;

-- As `revision`, for charges.
CREATE TABLE cost_revision (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  value INTEGER NOT NULL
) STRICT;
INSERT INTO cost_revision VALUES (1, 0);
CREATE TRIGGER ledger_new AFTER INSERT ON ledger BEGIN
  UPDATE cost_revision SET value = value + 1;
END;
CREATE TRIGGER ledger_changed AFTER UPDATE ON ledger BEGIN
  UPDATE cost_revision SET value = value + 1;
END;
