-- Telling others: channels, and the messages that go out through them. A message is written in the transaction that
-- moves its channel's cursor, so a crash neither loses nor doubles one.

CREATE TABLE channel (
  num              INTEGER PRIMARY KEY AUTOINCREMENT,
  id               TEXT NOT NULL UNIQUE,
  -- The name in one case: what must be unique.
  name_key         TEXT NOT NULL UNIQUE,
  settings         TEXT NOT NULL CHECK (json_valid(settings)),
  -- Read by whoever sends, and by nobody else.
  secret           TEXT,
  -- Entries of the journal up to here were looked at.
  event_seq        INTEGER NOT NULL,
  -- And of `announcement`.
  announcement_seq INTEGER NOT NULL,
  -- Number of its newest message.
  sequence         INTEGER NOT NULL DEFAULT 0,
  -- Tries that failed since one last succeeded, and when the first of them was.
  failures         INTEGER NOT NULL DEFAULT 0,
  failing_ms       INTEGER,
  -- Nothing is tried before; NULL: at once.
  resume_ms        INTEGER,
  sent_ms          INTEGER,
  trouble          TEXT,
  created_ms       INTEGER NOT NULL,
  CHECK ((failures = 0) = (failing_ms IS NULL))
) STRICT;

CREATE TABLE message (
  num        INTEGER PRIMARY KEY AUTOINCREMENT,
  -- What receivers recognise it by; the same for every try.
  id         TEXT NOT NULL UNIQUE,
  channel    INTEGER NOT NULL REFERENCES channel (num) ON DELETE CASCADE,
  sequence   INTEGER NOT NULL,
  topic      TEXT NOT NULL,
  job        TEXT,
  -- Messages of one lane go out one after the other: those of a job, of a watched folder, of a file in one.
  lane       TEXT NOT NULL,
  -- Tenths that `job.progress` tells of.
  tenths     INTEGER,
  subject    TEXT NOT NULL,
  title      TEXT NOT NULL,
  text       TEXT NOT NULL,
  body       TEXT NOT NULL CHECK (json_valid(body)),
  fields     TEXT NOT NULL CHECK (json_valid(fields)),
  state      TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'given-up')),
  attempt    INTEGER NOT NULL DEFAULT 0,
  -- When the first of these tries failed.
  failing_ms INTEGER,
  next_ms    INTEGER,
  ended_ms   INTEGER,
  created_ms INTEGER NOT NULL,
  UNIQUE (channel, sequence),
  CHECK ((state = 'waiting') = (next_ms IS NOT NULL)),
  CHECK ((state = 'waiting') = (ended_ms IS NULL))
) STRICT;
CREATE INDEX message_waiting ON message (channel, num) WHERE state = 'waiting';
CREATE INDEX message_lane ON message (channel, lane, num) WHERE state = 'waiting';
CREATE INDEX message_given_up ON message (channel, num) WHERE state = 'given-up';
CREATE INDEX message_ended ON message (ended_ms) WHERE ended_ms IS NOT NULL;
CREATE INDEX message_job ON message (job, channel, num) WHERE job IS NOT NULL;

CREATE TABLE message_try (
  num     INTEGER PRIMARY KEY AUTOINCREMENT,
  message INTEGER NOT NULL REFERENCES message (num) ON DELETE CASCADE,
  at_ms   INTEGER NOT NULL,
  took_ms INTEGER NOT NULL,
  taken   INTEGER NOT NULL CHECK (taken IN (0, 1)),
  said    TEXT NOT NULL
) STRICT;
CREATE INDEX message_try_message ON message_try (message, num);

-- Cursors move without anybody seeing a difference.
CREATE TRIGGER channel_new AFTER INSERT ON channel BEGIN
  UPDATE revision SET value = value + 1 WHERE name = 'outbox';
END;
CREATE TRIGGER channel_changed AFTER UPDATE OF settings, secret, failures, resume_ms, sent_ms, trouble ON channel BEGIN
  UPDATE revision SET value = value + 1 WHERE name = 'outbox';
END;
CREATE TRIGGER channel_gone AFTER DELETE ON channel BEGIN
  UPDATE revision SET value = value + 1 WHERE name = 'outbox';
END;
CREATE TRIGGER message_new AFTER INSERT ON message BEGIN
  UPDATE revision SET value = value + 1 WHERE name = 'outbox';
END;
CREATE TRIGGER message_changed AFTER UPDATE ON message BEGIN
  UPDATE revision SET value = value + 1 WHERE name = 'outbox';
END;
CREATE TRIGGER message_gone AFTER DELETE ON message BEGIN
  UPDATE revision SET value = value + 1 WHERE name = 'outbox';
END;
