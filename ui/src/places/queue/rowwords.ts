/** What a row of the queue says. */
import { bytes, longDuration, number, relativeDay, speed, time } from "$/format";
import { m } from "$/i18n";
import type { JobView } from "$/ipc";
import type { FeedJob } from "$/state/feed.svelte";
import type { Phase } from "$/state/pace";

/** File name of a path. */
export const fileName = (path: string) => path.split(/[/\\]/).at(-1) || path;

/** Time of day, with the day where it is another. */
export function clockTime(ms: number, now = Date.now()): string {
  const [day, today] = [relativeDay(ms, now), relativeDay(now, now)];
  return day === today ? time(ms) : m.queue_day_time({ day, time: time(ms) });
}

const PHASES: Record<Phase, () => string> = {
  queued: () => m.queue_phase_queued(),
  starting: () => m.queue_phase_starting(),
  inspecting: () => m.queue_phase_inspecting(),
  hashing: () => m.queue_phase_hashing(),
  uploading: () => m.queue_phase_uploading(),
  encoding: () => m.queue_phase_encoding(),
  downloading: () => m.queue_phase_downloading(),
  audio: () => m.queue_phase_audio(),
  joining: () => m.queue_phase_joining(),
  verifying: () => m.queue_phase_verifying(),
  delivering: () => m.queue_phase_delivering(),
  tidying: () => m.queue_phase_tidying(),
  clearing: () => m.queue_phase_clearing(),
  retrying: () => m.queue_phase_retrying(),
  paused: () => m.queue_phase_paused(),
  pausing: () => m.queue_phase_pausing(),
  stopping: () => m.queue_phase_stopping(),
  delivered: () => m.job_state_delivered(),
  failed: () => m.job_state_failed(),
  cancelled: () => m.job_state_cancelled(),
};

export const phaseWords = (phase: Phase) => PHASES[phase]();

/** Segments come and go in these. */
const COUNTED: ReadonlySet<Phase> = new Set([
  "uploading",
  "encoding",
  "downloading",
  "paused",
  "pausing",
  "starting",
  "retrying",
]);

/** A job that begins sooner than this simply waits, ms. */
const SOON = 60_000;

/** `Encoding, 62 of 110 segments`; `Starts about 14:20`. */
export function progressWords(job: FeedJob, now = Date.now()): string {
  const { phase } = job.figures;
  const start = job.forecast?.start_ms ?? null;
  if (phase === "queued" && start !== null && start - now > SOON)
    return m.queue_starts_at({ time: clockTime(start, now) });
  const counts = job.segments;
  const words = phaseWords(phase);
  const counted = counts.all > 0 && COUNTED.has(phase);
  if (!counted) return words;
  return m.queue_phase_segments({ phase: words, done: number(counts.done), all: number(counts.all) });
}

/** `2.1×`, or frames per second where multiples say nothing. */
export function speedWords(job: FeedJob): string {
  const { figures } = job;
  if (figures.speed !== null) return speed(figures.speed);
  return figures.framesPerSecond === null
    ? ""
    : m.queue_frames_per_second({ count: number(Math.round(figures.framesPerSecond)) });
}

/** How long it takes, or when it is through; empty where nothing can be told. */
export function timeWords(job: FeedJob): string {
  const { figures, forecast, view } = job;
  if (view.wish !== "run") return "";
  if (view.state === "running" && figures.leftMs !== null)
    return m.queue_left({ span: longDuration(figures.leftMs) });
  if (!forecast) return "";
  return m.queue_ready_at({ time: clockTime(forecast.finish_ms) });
}

/** `2 outputs, 1.2 GB`. */
export function deliveredWords(view: JobView): string {
  const size = bytes(view.outputs.reduce((sum, output) => sum + output.bytes, 0));
  const count = view.outputs.length;
  return count === 1 ? m.queue_output_one({ size }) : m.queue_output_many({ count: number(count), size });
}
