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
  /** Frames of `load` that are done. */
  done: number;
  /** Frames that its progress stands for: of a segment, or its share of a chunk that the cloud does. */
  load: number;
  /** Of a segment that the cloud does: the steps that bring it there and back. */
  upload: FeedCell | null;
  /** See `upload`. */
  download: FeedCell | null;
}

/** How many segments stand where. What the cloud does is done once it is back. */
export interface SegmentCounts {
  all: number;
  done: number;
  /** Encoded now, here or in the cloud. */
  running: number;
  waiting: number;
  failed: number;
  /** On their way to the cloud. */
  uploading: number;
  /** On their way back. */
  downloading: number;
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

/** How far a chunk is that the cloud does. */
export type Stage =
  | "queued"
  | "uploading"
  | "uploaded"
  | "encoding"
  | "encoded"
  | "downloading"
  | "done"
  | "retrying"
  | "failed"
  | "skipped";

/** What of a chunk's way its three steps stand for, of all its frames. */
const SHARES = { upload: 0.25, segment: 0.5, download: 0.25 } as const;

/** Waits for the cloud, not for another try: nobody knows when that is over. */
const isAway = (cell: FeedCell) => cell.upload !== null && cell.state === "waiting" && cell.due === null;

/** How far a segment is that the cloud does, and how much of that stage is done, 0 to 1. */
export function stageOf(cell: FeedCell): { stage: Stage; part: number } {
  const { upload, download } = cell;
  const all = [upload, cell, download].filter((one) => one !== null);
  const at = (stage: Stage, part = 0) => ({ stage, part });
  if (all.some((one) => one.state === "failed")) return at("failed");
  if (cell.state === "skipped") return at("skipped", 1);
  if (all.every((one) => settled(one.state))) return at("done", 1);
  if (all.some((one) => one.state === "waiting" && !isAway(one))) return at("retrying");
  if (settled(cell.state))
    return download?.state === "running" ? at("downloading", download.part) : at("encoded");
  if (cell.state === "running" || isAway(cell)) return at("encoding", cell.part);
  if (upload?.state === "running") return at("uploading", upload.part);
  return upload !== null && settled(upload.state) ? at("uploaded") : at("queued");
}

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
    done: 0,
    load: 0,
    upload: null,
    download: null,
  };
}

/**
 * Finds the ways to and from the cloud, which stand before and behind the segment that they belong to, and shares out
 * the frames among them.
 */
function joined(cells: readonly FeedCell[]): void {
  let upload: FeedCell | null = null;
  let segment: FeedCell | null = null;
  for (const cell of cells) {
    if (cell.kind === "upload") upload = cell;
    else if (cell.kind === "segment") {
      [cell.upload, cell.download] = [upload, null];
      [upload, segment] = [null, cell];
    } else if (cell.kind === "download" && segment) segment.download = cell;
  }
  for (const cell of cells) if (cell.kind === "segment") share(cell);
}

function share(cell: FeedCell): void {
  const away = cell.upload !== null || cell.download !== null;
  const give = (one: FeedCell | null, part: number) => {
    if (!one) return;
    one.load = cell.frames * part;
    one.done = Math.floor(one.load * one.part);
  };
  give(cell, away ? SHARES.segment : 1);
  give(cell.upload, SHARES.upload);
  give(cell.download, SHARES.download);
}

function tallied(cells: readonly FeedCell[]): Pick<Track, "tally" | "frames"> {
  const counts = { total: cells.length, done: 0, running: 0, failed: 0 };
  const segments: SegmentCounts = {
    all: 0,
    done: 0,
    running: 0,
    waiting: 0,
    failed: 0,
    uploading: 0,
    downloading: 0,
  };
  const others = { done: 0, all: 0 };
  const frames = { done: 0, all: 0 };
  const running = new Set<StepKind>();
  let [planned, waiting] = [false, false];
  joined(cells);
  for (const cell of cells) {
    const { kind, state } = cell;
    const away = isAway(cell);
    frames.done += cell.done;
    frames.all += cell.load;
    planned ||= kind === "stitch";
    if (kind === "segment") count(segments, cell);
    else if (cell.load === 0) {
      others.all += 1;
      if (settled(state)) others.done += 1;
    }
    if (settled(state)) counts.done += 1;
    else if (state === "running" || away) {
      running.add(kind);
      counts.running += 1;
    } else if (state === "failed") counts.failed += 1;
    waiting ||= state === "waiting" && !away;
  }
  return { tally: { counts, segments, others, planned, running, waiting }, frames };
}

function count(segments: SegmentCounts, cell: FeedCell): void {
  segments.all += 1;
  if (cell.upload === null && cell.download === null) {
    if (settled(cell.state)) segments.done += 1;
    else if (cell.state === "running" || cell.state === "waiting" || cell.state === "failed")
      segments[cell.state] += 1;
    return;
  }
  const { stage } = stageOf(cell);
  if (stage === "done" || stage === "skipped") segments.done += 1;
  else if (stage === "encoding") segments.running += 1;
  else if (stage === "retrying") segments.waiting += 1;
  else if (stage === "failed" || stage === "uploading" || stage === "downloading") segments[stage] += 1;
}

/** Progress of it may come. */
const isBusy = (cell: FeedCell) => cell.state === "running" || isAway(cell);

/** The track of a job; what running steps had reached in `before` is kept. */
export function trackOf(live: LiveJob, before?: Track): Track {
  const cells = live.cells.map(made).sort((a, b) => a.ord - b.ord);
  joined(cells);
  for (const cell of cells) {
    const known = before?.byOrd.get(cell.ord);
    if (isBusy(cell) && known?.state === cell.state && known.attempt === cell.attempt) cell.part = known.part;
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
  if (!cell || !isBusy(cell) || progress.total <= 0) return false;
  const part = Math.min(progress.done, progress.total) / progress.total;
  if (cell.part === part) return false;
  const done = Math.floor(cell.load * part);
  track.frames.done += done - cell.done;
  cell.part = part;
  cell.done = done;
  return true;
}

/** The list's view after a journal entry; the same object where nothing of it changed. */
export function viewAfter(view: JobView, body: EventBody, at: number): JobView {
  if (body.event === "wished") return { ...view, wish: body.wish };
  if (body.event === "charged") return { ...view, cost_microusd: body.cost_microusd };
  if (body.event === "routed") return { ...view, route: body.route, engine: body.route.engine };
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
