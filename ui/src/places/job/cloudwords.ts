/** What is said of MediaConvert jobs and charges. */
import { m } from "$/i18n";
import type { ChargeState, RemoteView } from "$/ipc";

const STATES: Record<string, () => string> = {
  intended: m.job_remote_intended,
  submitted: m.job_remote_submitted,
  progressing: m.job_remote_progressing,
  complete: m.job_remote_complete,
  error: m.job_remote_error,
  canceled: m.job_remote_canceled,
};
const PHASES: Record<string, () => string> = {
  probing: m.job_remote_probing,
  transcoding: m.job_remote_transcoding,
  uploading: m.job_remote_uploading,
};
const CHARGES: Record<ChargeState, () => string> = {
  reserved: m.job_charge_reserved,
  settled: m.job_charge_settled,
  void: m.job_charge_void,
};

/** `Transcoding`, `Complete`. */
export function remoteState({ state, phase }: Pick<RemoteView, "state" | "phase">): string {
  const words = STATES[state]?.() ?? state;
  if (state !== "progressing" || phase === null) return words;
  return PHASES[phase.toLowerCase()]?.() ?? words;
}

export const chargeState = (state: ChargeState) => CHARGES[state]();
