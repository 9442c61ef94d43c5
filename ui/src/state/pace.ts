/** How far, how fast, how long: the same figures as the command line shows. Pure; time comes in as an argument. */
import type { JobState, JobView, StepKind, Wish } from "$/ipc";
import type { Track } from "$/state/fold";

/** Speed is taken over so much of the recent past, in ms. */
export const WINDOW = 20_000;
/** Speed is said only after so much of it, in ms. */
export const SETTLED = 2_000;
/** Share of the whole that encoding stands for; the rest goes by steps. */
const ENCODING = 0.95;

/** What happens to a job now. */
export type Phase =
  | "queued"
  | "starting"
  | "inspecting"
  | "hashing"
  | "uploading"
  | "encoding"
  | "downloading"
  | "audio"
  | "joining"
  | "verifying"
  | "delivering"
  | "tidying"
  | "clearing"
  | "retrying"
  | "paused"
  | "pausing"
  | "stopping"
  | "delivered"
  | "failed"
  | "cancelled";

/** The figures of a row. */
export interface Figures {
  /** How much is done, 0 to 1; `null` before there is a plan. */
  fraction: number | null;
  /** Frames encoded per second of late. */
  framesPerSecond: number | null;
  /** Multiples of playing time of late. */
  speed: number | null;
  /** Until the last frame is encoded, ms. */
  leftMs: number | null;
  phase: Phase;
}

/** Frames over the recent past. */
export class Pace {
  #samples: { at: number; frames: number }[] = [];

  /** `frames` were encoded at `at` (ms). */
  sample(at: number, frames: number): void {
    const last = this.#samples.at(-1);
    // A failed try takes its frames back: speed starts anew.
    if (last && last.frames > frames) this.#samples = [];
    this.#samples.push({ at, frames });
    while (at - (this.#samples[0]?.at ?? at) > WINDOW) this.#samples.shift();
  }

  /** Forgets everything. */
  reset(): void {
    this.#samples = [];
  }

  /** Frames per second; `null` until it can be told. */
  get framesPerSecond(): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.at - first.at < SETTLED || last.frames <= first.frames) return null;
    return ((last.frames - first.frames) * 1000) / (last.at - first.at);
  }
}

/** How much of a job is done, 0 to 1; `null` before there is a plan. */
export function fractionOf(state: JobState, { tally, frames }: Track): number | null {
  if (state === "delivered") return 1;
  if (!tally.planned) return null;
  const steps = tally.others.all > 0 ? tally.others.done / tally.others.all : 0;
  return frames.all === 0 ? steps : ENCODING * (frames.done / frames.all) + (1 - ENCODING) * steps;
}

const ORDER: [StepKind, Phase][] = [
  ["segment", "encoding"],
  ["upload", "uploading"],
  ["download", "downloading"],
  ["audio", "audio"],
  ["deliver", "delivering"],
  ["verify", "verifying"],
  ["stitch", "joining"],
  ["inspect", "inspecting"],
  ["hash", "hashing"],
  ["tidy", "tidying"],
  ["clear", "clearing"],
];

/** What happens now. */
export function phaseOf(state: JobState, wish: Wish, { tally: { running, waiting } }: Track): Phase {
  if (state === "delivered" || state === "failed" || state === "cancelled") return state;
  if (wish === "cancel") return "stopping";
  if (wish === "pause") return running.size > 0 ? "pausing" : "paused";
  if (state === "queued") return "queued";
  const found = ORDER.find(([kind]) => running.has(kind));
  if (found) return found[1];
  return waiting ? "retrying" : "starting";
}

/** All figures of a job. */
export function figuresOf(view: JobView, track: Track, frameRate: number | null, pace: Pace): Figures {
  const phase = phaseOf(view.state, view.wish, track);
  const { frames } = track;
  const framesPerSecond = view.state === "running" && view.wish === "run" ? pace.framesPerSecond : null;
  const left = frames.all - frames.done;
  return {
    fraction: fractionOf(view.state, track),
    framesPerSecond,
    speed:
      framesPerSecond !== null && frameRate !== null && frameRate > 0 ? framesPerSecond / frameRate : null,
    leftMs: framesPerSecond !== null && left > 0 ? (left * 1000) / framesPerSecond : null,
    phase,
  };
}
