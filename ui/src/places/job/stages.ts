/** Where a chunk is that the cloud does, in words. */
import { percent } from "$/format";
import { m } from "$/i18n";
import type { Stage } from "$/state/fold";

const NAMES: Record<Stage, () => string> = {
  queued: m.job_stage_queued,
  uploading: m.job_stage_uploading,
  uploaded: m.job_stage_uploaded,
  encoding: m.job_stage_encoding,
  encoded: m.job_stage_encoded,
  downloading: m.job_stage_downloading,
  done: m.job_stage_done,
  retrying: m.job_stage_retrying,
  failed: m.job_stage_failed,
  skipped: m.job_stage_skipped,
};
const MOVING: ReadonlySet<Stage> = new Set(["uploading", "encoding", "downloading"]);

export const stageName = (stage: Stage) => NAMES[stage]();

/** With how much of it is done. */
export const stageWords = (stage: Stage, part: number) =>
  MOVING.has(stage) ? m.job_stage_part({ stage: stageName(stage), share: percent(part) }) : stageName(stage);
