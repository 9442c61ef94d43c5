/** How a segment map is drawn: state by colour and by shape. */
import type { FeedCell } from "$/state/fold";
import type { Palette } from "$/state/palette.svelte";

/** A rectangle of one colour; pixels. */
export interface Bar {
  x: number;
  y: number;
  width: number;
  height: number;
  color: keyof Palette;
}

/** Of waiting cells: lower than those at work. */
const LOW = 0.44;

/** How many segments stand where. */
export function segmentCounts(cells: readonly FeedCell[]) {
  const counts = { all: 0, done: 0, running: 0, waiting: 0, failed: 0 };
  for (const { kind, state } of cells) {
    if (kind !== "segment") continue;
    counts.all += 1;
    if (state === "done" || state === "skipped") counts.done += 1;
    else if (state === "running") counts.running += 1;
    else if (state === "waiting") counts.waiting += 1;
    else if (state === "failed") counts.failed += 1;
  }
  return counts;
}

/**
 * Bars of all segments, from left to right: finished ones are full, running ones fill up from the floor,
 * those that wait are low, those that wait for another try low and marked above, failed ones are split.
 */
export function bars(cells: readonly FeedCell[], width: number, height: number): Bar[] {
  const segments = cells.filter((cell) => cell.kind === "segment");
  const step = width / Math.max(1, segments.length);
  const gap = step >= 6 ? 1.5 : step >= 3 ? 1 : 0;
  const low = Math.max(2, Math.round(height * LOW));
  const all: Bar[] = [];
  for (const [at, cell] of segments.entries()) {
    const x = at * step;
    const bar = { x, width: Math.max(step - gap, Math.min(step, 0.5)) };
    const floor = (tall: number, color: keyof Palette) =>
      all.push({ ...bar, y: height - tall, height: tall, color });
    switch (cell.state) {
      case "done":
      case "skipped":
        floor(height, cell.state);
        break;
      case "running":
        floor(height, "ready");
        if (cell.part > 0) floor(Math.max(1.5, height * cell.part), "running");
        break;
      case "waiting":
        floor(low, "waiting");
        all.push({ ...bar, y: 0, height: Math.max(2, height * 0.2), color: "waiting" });
        break;
      case "failed":
        floor(height * 0.42, "failed");
        all.push({ ...bar, y: 0, height: height * 0.42, color: "failed" });
        break;
      default:
        floor(low, cell.state === "ready" ? "ready" : "blocked");
    }
  }
  return merged(all, gap);
}

/** Neighbours that touch and look alike become one. */
function merged(all: Bar[], gap: number): Bar[] {
  if (gap > 0) return all;
  const kept: Bar[] = [];
  for (const bar of all) {
    const last = kept.at(-1);
    const joins = last && last.color === bar.color && last.y === bar.y && last.height === bar.height;
    if (joins && Math.abs(last.x + last.width - bar.x) < 0.01) last.width += bar.width;
    else kept.push(bar);
  }
  return kept;
}

/** Draws bars, each colour in one go; those of a colour do not overlap, and later ones lie above. */
export function paint(canvas: HTMLCanvasElement, all: readonly Bar[], colors: Palette, scale: number) {
  const context = canvas.getContext("2d");
  if (!context) return;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  const byColor = new Map<keyof Palette, Bar[]>();
  for (const bar of all) {
    const group = byColor.get(bar.color);
    if (group) group.push(bar);
    else byColor.set(bar.color, [bar]);
  }
  // A running part lies on the rest of its cell.
  const running = byColor.get("running");
  byColor.delete("running");
  if (running) byColor.set("running", running);
  for (const [color, group] of byColor) {
    context.fillStyle = colors[color];
    // Many rectangles in one path would take ten times as long.
    for (const bar of group) context.fillRect(bar.x, bar.y, bar.width, bar.height);
  }
}
