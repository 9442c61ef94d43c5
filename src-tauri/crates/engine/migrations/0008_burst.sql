-- Many jobs at once: what is looked at first, and what is promised to the cloud.

-- Most that the cloud was expected to cost when it was chosen, in millionths of a US dollar; 0: it was not. Counts
-- against the budgets until it is in the ledger or the job has ended.
ALTER TABLE job ADD COLUMN committed_microusd INTEGER NOT NULL DEFAULT 0 CHECK (committed_microusd >= 0);
CREATE INDEX job_committed ON job (profile_id, committed_microusd, cost_microusd)
  WHERE committed_microusd > 0 AND state IN ('queued', 'running');

-- Sources that nobody has looked at yet.
CREATE INDEX step_inspect ON step (priority DESC, job) WHERE state = 'ready' AND kind = 'inspect';
