/** How a segment map is drawn: state by colour and by shape. */
import { stageOf, type FeedCell, type Stage } from "$/state/fold";
import type { Palette } from "$/state/palette.svelte";

/** A rectangle of one colour; device pixels. */
export interface Bar {
  x: number;
  y: number;
  width: number;
  height: number;
  color: keyof Palette;
}

/** A map in device pixels. */
export interface Ground {
  width: number;
  height: number;
  /** Device pixels for each pixel of the page. */
  scale: number;
}

/** Of waiting cells: lower than those at work. */
const LOW = 0.44;
/** Cells narrower than this many pixels have no gap, and are drawn as one where they look alike. */
const NARROW = 3;

/** How tall the finished part of a running cell is. */
function risen(part: number, { height, scale }: Ground): number {
  return part > 0 ? Math.max(Math.round(1.5 * scale), Math.round(height * part)) : 0;
}

/** The cloud does it. */
const isChunk = (cell: FeedCell) => cell.upload !== null || cell.download !== null;

/** What a cell looks like; cells with the same number look alike. */
export function lookOf(cell: FeedCell, ground: Ground): number {
  if (isChunk(cell)) {
    const { stage, part } = stageOf(cell);
    return (STATES.length + STAGES.indexOf(stage)) * 65_536 + risen(part, thirdOf(ground));
  }
  const state = STATES.indexOf(cell.state);
  return state * 65_536 + (cell.state === "running" ? risen(cell.part, ground) : 0);
}

const STATES: readonly FeedCell["state"][] = [
  "blocked",
  "ready",
  "running",
  "waiting",
  "done",
  "failed",
  "skipped",
];

const STAGES: readonly Stage[] = [
  "queued",
  "uploading",
  "uploaded",
  "encoding",
  "encoded",
  "downloading",
  "done",
  "retrying",
  "failed",
  "skipped",
];

/** How many of the three parts of its way a chunk has behind it. */
const BEHIND: Partial<Record<Stage, number>> = {
  uploading: 0,
  uploaded: 1,
  encoding: 1,
  encoded: 2,
  downloading: 2,
};

/** The height that a third of a cell has, without the gap above it. */
function thirdOf(ground: Ground): Ground {
  const gap = Math.max(1, Math.round(ground.scale));
  return { ...ground, height: Math.max(1, Math.floor((ground.height - 2 * gap) / 3)) };
}

/**
 * Bars of a chunk that the cloud does: a pile of three, from the floor up the way there, the encoding, and the way
 * back; the one at work fills up. Once it is back it is full like any other.
 */
function pile(cell: FeedCell, x: number, width: number, ground: Ground): Bar[] {
  const { stage, part } = stageOf(cell);
  const behind = BEHIND[stage];
  if (behind === undefined) {
    const state = ({ queued: "ready", retrying: "waiting" } as const)[stage as "queued"] ?? stage;
    return barsOf({ ...cell, upload: null, download: null, state, part }, x, width, ground);
  }
  const third = thirdOf(ground);
  const step = third.height + Math.max(1, Math.round(ground.scale));
  const bar = (floor: number, height: number, color: keyof Palette): Bar => ({
    x,
    y: ground.height - floor - height,
    width,
    height,
    color,
  });
  const all = Array.from({ length: behind }, (_, at) => bar(at * step, third.height, "done"));
  const busy = stage === "uploading" || stage === "encoding" || stage === "downloading";
  if (!busy) return all;
  const tall = risen(part, third);
  if (tall < third.height) all.push(bar(behind * step + tall, third.height - tall, "ready"));
  if (tall > 0) all.push(bar(behind * step, tall, "running"));
  return all;
}

/**
 * Bars of a cell between `x` and `x + width`: finished ones are full, running ones fill up from the floor,
 * those that wait are low, those that wait for another try low and marked above, failed ones are split.
 */
export function barsOf(cell: FeedCell, x: number, width: number, ground: Ground): Bar[] {
  if (isChunk(cell)) return pile(cell, x, width, ground);
  const { height } = ground;
  const low = Math.max(2, Math.round(height * LOW));
  const bar = (y: number, tall: number, color: keyof Palette): Bar => ({ x, y, width, height: tall, color });
  const floor = (tall: number, color: keyof Palette) => bar(height - tall, tall, color);
  switch (cell.state) {
    case "done":
    case "skipped":
      return [floor(height, cell.state)];
    case "running": {
      const part = risen(cell.part, ground);
      return part > 0 ? [bar(0, height - part, "ready"), floor(part, "running")] : [floor(height, "ready")];
    }
    case "waiting":
      return [floor(low, "waiting"), bar(0, Math.max(2, Math.round(height * 0.2)), "waiting")];
    case "failed": {
      const half = Math.round(height * 0.42);
      return [floor(half, "failed"), bar(0, half, "failed")];
    }
    default:
      return [floor(low, cell.state === "ready" ? "ready" : "blocked")];
  }
}

/** Where cells begin and end. */
interface Cut {
  count: number;
  step: number;
  gap: number;
}

function cutOf(count: number, { width, scale }: Ground): Cut {
  const step = width / Math.max(1, count);
  const gap = step >= 6 * scale ? Math.round(1.5 * scale) : step >= NARROW * scale ? Math.round(scale) : 0;
  return { count, step, gap };
}

/** Whole device pixels, so that a cell can be drawn anew without a trace of its neighbours. */
function spanOf(at: number, { step, gap }: Cut): { x: number; width: number } {
  const x = Math.round(at * step);
  return { x, width: Math.max(1, Math.round((at + 1) * step) - gap - x) };
}

/** Bars of all segments, from left to right; where cells are narrow, neighbours that look alike are one. */
export function bars(segments: readonly FeedCell[], ground: Ground): Bar[] {
  const cut = cutOf(segments.length, ground);
  if (cut.gap > 0) {
    return segments.flatMap((cell, at) => {
      const { x, width } = spanOf(at, cut);
      return barsOf(cell, x, width, ground);
    });
  }
  const all: Bar[] = [];
  for (let at = 0; at < segments.length;) {
    const first = segments[at] as FeedCell;
    const look = lookOf(first, ground);
    let end = at + 1;
    for (; end < segments.length; end++) if (lookOf(segments[end] as FeedCell, ground) !== look) break;
    all.push(...barsOf(first, at * cut.step, (end - at) * cut.step, ground));
    at = end;
  }
  return all;
}

/** Draws a map, and afterwards only those cells that have changed. */
export class MapPainter {
  #canvas: HTMLCanvasElement;
  #ground: Ground = { width: 0, height: 0, scale: 1 };
  #colors: Palette | null = null;
  #looks: number[] = [];

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  /** Brings the map up to date; returns how many rectangles that took. */
  draw(cells: readonly FeedCell[], ground: Ground, colors: Palette): number {
    const context = this.#canvas.getContext("2d");
    if (!context) return 0;
    const segments = cells.filter((cell) => cell.kind === "segment");
    const looks = segments.map((cell) => lookOf(cell, ground));
    const was = this.#ground;
    const sized = was.width !== ground.width || was.height !== ground.height || was.scale !== ground.scale;
    const anew = sized || this.#colors !== colors || this.#looks.length !== looks.length;
    const changed = looks.flatMap((look, at) => (anew || look !== this.#looks[at] ? [at] : []));
    [this.#ground, this.#colors, this.#looks] = [ground, colors, looks];
    if (sized) {
      this.#canvas.width = ground.width;
      this.#canvas.height = ground.height;
    }
    if (changed.length === 0 && !anew) return 0;
    const cut = cutOf(segments.length, ground);
    let wanted: Bar[];
    if (anew || cut.gap === 0) {
      context.clearRect(0, 0, ground.width, ground.height);
      wanted = bars(segments, ground);
    } else {
      wanted = changed.flatMap((at) => {
        const { x, width } = spanOf(at, cut);
        context.clearRect(x, 0, width, ground.height);
        return barsOf(segments[at] as FeedCell, x, width, ground);
      });
    }
    fill(context, wanted, colors);
    return wanted.length;
  }
}

/** Each colour in one go; many rectangles in one path would take ten times as long. */
function fill(context: CanvasRenderingContext2D, all: readonly Bar[], colors: Palette) {
  const byColor = new Map<keyof Palette, Bar[]>();
  for (const bar of all) {
    const group = byColor.get(bar.color);
    if (group) group.push(bar);
    else byColor.set(bar.color, [bar]);
  }
  for (const [color, group] of byColor) {
    context.fillStyle = colors[color];
    for (const bar of group) context.fillRect(bar.x, bar.y, bar.width, bar.height);
  }
}
