/** Jobs and messages for tests. */
import type { Cell, JobView, LiveJob, Message, StepKind, StepState } from "$/ipc";

export const idOf = (number: number) => `01933f20-0000-7000-8000-${String(number).padStart(12, "0")}`;

export function viewOf(number: number, more: Partial<JobView> = {}): JobView {
  return {
    id: idOf(number),
    source: `/in/master ${number}.mov`,
    profile: "web-mp4",
    partner: "Web",
    engine: "local",
    engine_wish: "auto",
    route: null,
    state: "running",
    wish: "run",
    priority: 0,
    created_ms: 1_000,
    started_ms: 2_000,
    ended_ms: null,
    out_dir: "/out",
    steps: { total: 0, done: 0, running: 0, failed: 0 },
    error: null,
    outputs: [],
    receipt: null,
    cost_microusd: 0,
    extras: { title: null, metadata: {}, deadline_ms: null, watch: null },
    ...more,
  };
}

export function cellOf(ord: number, kind: StepKind, state: StepState, frames = 0): Cell {
  return { ord, kind, state, frames, attempt: state === "running" ? 1 : 0, due_ms: null };
}

/** An inspected job with so many segments of 100 frames, and a stitch. */
export function liveOf(number: number, segments: StepState[], more: Partial<JobView> = {}): LiveJob {
  const cells = [
    cellOf(0, "inspect", "done"),
    ...segments.map((state, at) => cellOf(at + 1, "segment", state, 100)),
    cellOf(segments.length + 1, "stitch", "blocked"),
  ];
  return { job: viewOf(number, more), frame_rate: 25, cells };
}

/** A planned job with so many chunks of 100 frames that the cloud does: each is upload, segment, download. */
export function cloudOf(
  number: number,
  chunks: [StepState, StepState, StepState][],
  more: Partial<JobView> = {},
): LiveJob {
  const cells = [
    cellOf(0, "inspect", "done"),
    ...chunks.flatMap(([upload, segment, download], at) => [
      cellOf(at * 3 + 1, "upload", upload),
      cellOf(at * 3 + 2, "segment", segment, 100),
      cellOf(at * 3 + 3, "download", download),
    ]),
    cellOf(chunks.length * 3 + 1, "stitch", "blocked"),
  ];
  return { job: viewOf(number, { engine: "cloud", ...more }), frame_rate: 25, cells };
}

export function snapshotOf(seq: number, jobs: LiveJob[]): Message {
  return { type: "snapshot", snapshot: { seq, jobs, hold: null }, runner: { state: "here" } };
}

/** Numbers between 0 and 1 that look like chance and come again. */
export function dice(seed: number): () => number {
  let value = seed >>> 0;
  return () => {
    value = (Math.imul(value, 1664525) + 1013904223) >>> 0;
    return value / 2 ** 32;
  };
}
