/** What the feed says of one job, folded into cells that are changed in place. Pure: no time, no drawing. */
import type { Cell, EventBody, JobView, LiveJob, StepCounts, StepKind, StepProgress, StepState } from "$/ipc";

/** A step as the window knows it. */
export interface FeedCell {
  /** Order inside the job. */
  ord: number;
  kind: StepKind;
  state: StepState;
  /** Frames it stands for (segments). */
  frames: number;
  /** Tries so far that count. */
  attempt: number;
  /** When it is due again, ms UTC. */
  due: number | null;
  /** How much of it is done, 0 to 1. */
  part: number;
  /** Frames encoded, at most `frames`. */
  done: number;
}

/** How many segments stand where. */
export interface SegmentCounts {
  all: number;
  done: number;
  running: number;
  waiting: number;
  failed: number;
}

/** What all steps of a job add up to; made anew with every new state of a step, not with progress. */
export interface Tally {
  counts: StepCounts;
  segments: SegmentCounts;
  /** Steps but for segments. */
  others: { done: number; all: number };
  /** There is a plan. */
  planned: boolean;
  /** Kinds of steps that are at work. */
  running: ReadonlySet<StepKind>;
  /** Something waits before another try. */
  waiting: boolean;
}

/** All steps of a job in order. */
export interface Track {
  cells: FeedCell[];
  byOrd: Map<number, FeedCell>;
  tally: Tally;
  /** Frames of all segments: encoded, and in all. */
  frames: { done: number; all: number };
}

/** Finished for good, or not needed. */
export const settled = (state: StepState) => state === "done" || state === "skipped";

function made(cell: Cell): FeedCell {
  const over = settled(cell.state);
  return {
    ord: cell.ord,
    kind: cell.kind,
    state: cell.state,
    frames: cell.frames,
    attempt: cell.attempt,
    due: cell.due_ms,
    part: over ? 1 : 0,
    done: over ? cell.frames : 0,
  };
}

function tallied(cells: readonly FeedCell[]): Pick<Track, "tally" | "frames"> {
  const counts = { total: cells.length, done: 0, running: 0, failed: 0 };
  const segments = { all: 0, done: 0, running: 0, waiting: 0, failed: 0 };
  const others = { done: 0, all: 0 };
  const frames = { done: 0, all: 0 };
  const running = new Set<StepKind>();
  let [planned, waiting] = [false, false];
  for (const cell of cells) {
    const { kind, state } = cell;
    const group = kind === "segment" ? segments : others;
    group.all += 1;
    if (kind === "segment") {
      frames.done += cell.done;
      frames.all += cell.frames;
      if (state === "running" || state === "waiting" || state === "failed") segments[state] += 1;
    }
    planned ||= kind === "stitch";
    waiting ||= state === "waiting";
    if (settled(state)) {
      group.done += 1;
      counts.done += 1;
    } else if (state === "running") {
      running.add(kind);
      counts.running += 1;
    } else if (state === "failed") counts.failed += 1;
  }
  return { tally: { counts, segments, others, planned, running, waiting }, frames };
}

/** The track of a job; what running steps had reached in `before` is kept. */
export function trackOf(live: LiveJob, before?: Track): Track {
  const cells = live.cells.map(made).sort((a, b) => a.ord - b.ord);
  for (const cell of cells) {
    const known = before?.byOrd.get(cell.ord);
    if (cell.state === "running" && known?.state === "running" && known.attempt === cell.attempt) {
      cell.part = known.part;
      cell.done = Math.min(known.done, cell.frames);
    }
  }
  return { cells, byOrd: new Map(cells.map((cell) => [cell.ord, cell])), ...tallied(cells) };
}

/** Takes over a step's new state. */
export function applyStep(track: Track, step: Extract<EventBody, { event: "step" }>): void {
  const cell = made({
    ord: step.ord,
    kind: step.kind,
    state: step.state,
    frames: step.frames,
    attempt: step.attempt,
    due_ms: step.due_ms,
  });
  const known = track.byOrd.get(step.ord);
  if (known) Object.assign(known, cell);
  else {
    track.byOrd.set(cell.ord, cell);
    track.cells.push(cell);
    track.cells.sort((a, b) => a.ord - b.ord);
  }
  Object.assign(track, tallied(track.cells));
}

/** Takes over how far a running step is; says whether anything changed. */
export function applyProgress(track: Track, progress: StepProgress): boolean {
  const cell = track.byOrd.get(progress.ord);
  if (!cell || cell.state !== "running" || progress.total <= 0) return false;
  const part = Math.min(progress.done, progress.total) / progress.total;
  if (cell.part === part) return false;
  const done = Math.floor(cell.frames * part);
  if (cell.kind === "segment") track.frames.done += done - cell.done;
  cell.part = part;
  cell.done = done;
  return true;
}

/** The list's view after a journal entry; the same object where nothing of it changed. */
export function viewAfter(view: JobView, body: EventBody, at: number): JobView {
  if (body.event === "wished") return { ...view, wish: body.wish };
  if (body.event !== "job") return view;
  const ended = body.state === "delivered" || body.state === "failed" || body.state === "cancelled";
  return {
    ...view,
    state: body.state,
    error: body.state === "failed" ? (body.failure ?? view.error) : null,
    started_ms: body.state === "running" ? (view.started_ms ?? at) : view.started_ms,
    ended_ms: ended ? at : null,
  };
}

/** Where on the queue page a job belongs. */
export type Group = "open" | "failed" | "ended";

/** See [`Group`]. */
export function groupOf(view: JobView): Group {
  if (view.state === "failed") return "failed";
  return view.state === "delivered" || view.state === "cancelled" ? "ended" : "open";
}

/** Jobs that have not ended in the order they have, then failed ones, then ended ones, both newest first. */
export function arranged<T extends { id: string; view: JobView }>(jobs: readonly T[]): T[] {
  const groups: Record<Group, T[]> = { open: [], failed: [], ended: [] };
  for (const job of jobs) groups[groupOf(job.view)].push(job);
  const newest = (a: T, b: T) => (b.view.ended_ms ?? 0) - (a.view.ended_ms ?? 0) || (a.id < b.id ? 1 : -1);
  groups.failed.sort(newest);
  groups.ended.sort(newest);
  return [...groups.open, ...groups.failed, ...groups.ended];
}

/** `moved`, in that order, stand before `before`, or behind all others. */
export function reordered<T extends { id: string }>(
  jobs: readonly T[],
  moved: readonly string[],
  before: string | null,
) {
  const set = new Set(moved);
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const stay = jobs.filter((job) => !set.has(job.id));
  const go = moved.flatMap((id) => byId.get(id) ?? []);
  const at = before === null ? -1 : stay.findIndex((job) => job.id === before);
  stay.splice(at < 0 ? stay.length : at, 0, ...go);
  return stay;
}
