-- What a queue page and a history need. `folded` and `file_name` are functions of the engine's own.

-- Taken off the queue page; the history keeps it.
ALTER TABLE job ADD COLUMN dismissed_ms INTEGER;
-- Frames to encode for each second of playing time; NULL: no plan, or nothing is encoded.
ALTER TABLE job ADD COLUMN frame_rate REAL;

UPDATE job SET frame_rate = (
  SELECT sum(encoded.frames / (CAST(o.value ->> '$.end' - coalesce(o.value ->> '$.first', 0) AS REAL)
                               * (o.value ->> '$.time_base.num') / (o.value ->> '$.time_base.den')))
  FROM json_each(job.plan, '$.outputs') o
  JOIN (SELECT p.key AS output, sum(r.value ->> '$.count') AS frames
        FROM json_each(job.plan, '$.outputs') p, json_each(p.value, '$.video.encode.segments') r
        GROUP BY p.key) encoded ON encoded.output = o.key
  WHERE o.value ->> '$.end' > coalesce(o.value ->> '$.first', 0))
WHERE plan IS NOT NULL;

CREATE INDEX job_queue ON job (priority DESC, num) WHERE state IN ('queued', 'running');
CREATE INDEX job_shown ON job (state, ended_ms, num) WHERE dismissed_ms IS NULL AND ended_ms IS NOT NULL;

-- A narrow copy of every job, so that 100 000 of them can be searched and summed up while one types.
CREATE TABLE history (
  job         INTEGER PRIMARY KEY REFERENCES job (num) ON DELETE CASCADE,
  state       TEXT NOT NULL,
  partner     TEXT NOT NULL,
  created_ms  INTEGER NOT NULL,
  delivered   INTEGER NOT NULL,
  failed      INTEGER NOT NULL,
  cancelled   INTEGER NOT NULL,
  outputs     INTEGER NOT NULL,
  bytes       INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  work_ms     INTEGER NOT NULL,
  cost        INTEGER NOT NULL,
  text        TEXT NOT NULL
) STRICT;

-- Sums of it: without words and dates in a query there is nothing to scan.
CREATE TABLE history_sum (
  partner     TEXT NOT NULL,
  state       TEXT NOT NULL,
  jobs        INTEGER NOT NULL DEFAULT 0,
  delivered   INTEGER NOT NULL DEFAULT 0,
  failed      INTEGER NOT NULL DEFAULT 0,
  cancelled   INTEGER NOT NULL DEFAULT 0,
  bytes       INTEGER NOT NULL DEFAULT 0,
  duration_ms INTEGER NOT NULL DEFAULT 0,
  work_ms     INTEGER NOT NULL DEFAULT 0,
  cost        INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (partner, state)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER history_in AFTER INSERT ON history BEGIN
  INSERT INTO history_sum (partner, state) SELECT new.partner, new.state
  WHERE NOT EXISTS (SELECT 1 FROM history_sum WHERE partner = new.partner AND state = new.state);
  UPDATE history_sum SET
    jobs = jobs + 1, delivered = delivered + new.delivered, failed = failed + new.failed,
    cancelled = cancelled + new.cancelled, bytes = bytes + new.bytes,
    duration_ms = duration_ms + new.duration_ms, work_ms = work_ms + new.work_ms, cost = cost + new.cost
  WHERE partner = new.partner AND state = new.state;
END;
CREATE TRIGGER history_out AFTER DELETE ON history BEGIN
  UPDATE history_sum SET
    jobs = jobs - 1, delivered = delivered - old.delivered, failed = failed - old.failed,
    cancelled = cancelled - old.cancelled, bytes = bytes - old.bytes,
    duration_ms = duration_ms - old.duration_ms, work_ms = work_ms - old.work_ms, cost = cost - old.cost
  WHERE partner = old.partner AND state = old.state;
  DELETE FROM history_sum WHERE partner = old.partner AND state = old.state AND jobs = 0;
END;

CREATE VIEW history_of AS
SELECT j.num, j.state, j.partner, j.created_ms,
       j.state = 'delivered', j.state = 'failed', j.state = 'cancelled',
       (SELECT count(*) FROM output o WHERE o.job = j.num AND o.role = 'media' AND o.state = 'placed'),
       (SELECT coalesce(sum(o.bytes), 0) FROM output o
        WHERE o.job = j.num AND o.role = 'media' AND o.state = 'placed'),
       (SELECT coalesce(max(o.duration_ms), 0) FROM output o
        WHERE o.job = j.num AND o.role = 'media' AND o.state = 'placed'),
       iif(j.state = 'delivered', j.ended_ms - coalesce(j.started_ms, j.created_ms), 0),
       j.cost_microusd,
       folded(concat_ws(char(10), j.source, j.partner, j.profile_id,
         (SELECT group_concat(file_name(o.final_path), char(10)) FROM output o
          WHERE o.job = j.num AND o.role = 'media')))
FROM job j;

INSERT INTO history SELECT * FROM history_of;

-- Triggers, so that no way of changing a job can forget its copy. Deleted and inserted, never replaced:
-- inside a trigger the conflict clause of the outer statement would win.
CREATE TRIGGER history_job_new AFTER INSERT ON job BEGIN
  INSERT INTO history SELECT * FROM history_of WHERE num = new.num;
END;
CREATE TRIGGER history_job AFTER UPDATE OF state, started_ms, ended_ms, cost_microusd ON job BEGIN
  DELETE FROM history WHERE job = new.num;
  INSERT INTO history SELECT * FROM history_of WHERE num = new.num;
END;
CREATE TRIGGER history_output_new AFTER INSERT ON output WHEN new.role = 'media' BEGIN
  DELETE FROM history WHERE job = new.job;
  INSERT INTO history SELECT * FROM history_of WHERE num = new.job;
END;
CREATE TRIGGER history_output AFTER UPDATE OF state, final_path, bytes, duration_ms ON output
WHEN new.role = 'media' BEGIN
  DELETE FROM history WHERE job = new.job;
  INSERT INTO history SELECT * FROM history_of WHERE num = new.job;
END;
CREATE TRIGGER history_output_gone AFTER DELETE ON output WHEN old.role = 'media' BEGIN
  DELETE FROM history WHERE job = old.job;
  INSERT INTO history SELECT * FROM history_of WHERE num = old.job;
END;
