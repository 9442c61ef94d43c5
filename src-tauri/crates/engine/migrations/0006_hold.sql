-- Steps that wait for space. As long as there is one whose job is to run, no new job is begun.

-- Number of the device that holds the output folder, as it was when the job was planned.
ALTER TABLE job ADD COLUMN out_dev INTEGER;

CREATE TABLE hold (
  job      INTEGER NOT NULL,
  ord      INTEGER NOT NULL,
  -- On the disk that is full: of temporary data, or of results.
  folder   TEXT NOT NULL,
  -- Bytes.
  needed   INTEGER NOT NULL,
  -- What of it is for the step's own job; NULL: the disk was found full, whatever others need.
  own      INTEGER,
  free     INTEGER NOT NULL,
  since_ms INTEGER NOT NULL,
  PRIMARY KEY (job, ord),
  FOREIGN KEY (job, ord) REFERENCES step (job, ord) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TRIGGER hold_over AFTER UPDATE OF state ON step WHEN OLD.state = 'waiting' AND NEW.state <> 'waiting' BEGIN
  DELETE FROM hold WHERE job = NEW.job AND ord = NEW.ord;
END;
CREATE TRIGGER hold_new AFTER INSERT ON hold BEGIN
  UPDATE revision SET value = value + 1 WHERE name = 'hold';
END;
CREATE TRIGGER hold_changed AFTER UPDATE ON hold BEGIN
  UPDATE revision SET value = value + 1 WHERE name = 'hold';
END;
CREATE TRIGGER hold_gone AFTER DELETE ON hold BEGIN
  UPDATE revision SET value = value + 1 WHERE name = 'hold';
END;
CREATE TRIGGER hold_wished AFTER UPDATE OF wish ON job WHEN EXISTS (SELECT 1 FROM hold WHERE job = NEW.num) BEGIN
  UPDATE revision SET value = value + 1 WHERE name = 'hold';
END;
