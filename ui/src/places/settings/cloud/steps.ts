import { m } from "$/i18n";
import type { SetupOutcome, SetupReport } from "$/ipc";
import { doctorTitle } from "$/state/findings";
import { english, own, raw, type Said } from "$/state/words";

/** What to do about a step, of every step in the engine's order. */
const ADVICE: Record<string, () => string> = {
  credentials: m.settings_step_credentials_advice,
  bucket: m.settings_step_bucket_advice,
  "bucket-private": m.settings_step_private_advice,
  "bucket-encryption": m.settings_step_encryption_advice,
  "bucket-lifecycle": m.settings_step_lifecycle_advice,
  "bucket-write": m.settings_step_write_advice,
  role: m.settings_step_role_advice,
  "role-policy": m.settings_step_policy_advice,
  queue: m.settings_step_queue_advice,
  jobs: m.settings_step_jobs_advice,
};
export const STEP_NAMES = Object.keys(ADVICE);

/** What a step is about; the doctor looks at the same. */
export const stepTitle = (name: string) => doctorTitle(`cloud-${name}`);

/** What to do about a step: the engine's English is more exact, other languages have the window's own words. */
export function stepAdvice({ name, advice }: { name: string; advice: string }): Said {
  const words = advice.includes("sts_endpoint") ? m.settings_step_endpoints_advice : ADVICE[name];
  const known = advice === "" || english() ? undefined : words;
  return known ? own(known()) : raw(advice);
}

export const OUTCOMES: Record<SetupOutcome, () => string> = {
  fine: m.settings_outcome_fine,
  made: m.settings_outcome_made,
  warn: m.settings_outcome_warn,
  missing: m.settings_outcome_missing,
  skipped: m.settings_outcome_skipped,
};

/** A sentence in its parts: names of settings and permissions stand between backticks. */
export const inParts = (text: string) =>
  text.split("`").map((part, at) => ({ text: part, name: at % 2 === 1 }));

/** Whether jobs can go to the cloud. */
export const isReady = (report: SetupReport) =>
  report.steps.every((step) => step.outcome !== "missing" && step.outcome !== "skipped");

/** Steps that somebody has to look at. */
export const troubled = (report: SetupReport) =>
  report.steps.filter((step) => step.outcome === "missing" || step.outcome === "warn").length;
