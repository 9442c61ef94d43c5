/** What the queue page lists, and where each line of it stands. Pure. */
import type { FeedJob } from "$/state/feed.svelte";

export type Section = "failed" | "open" | "ended";

/** A line of the page. */
export type Line = { kind: "heading"; section: Section; count: number } | { kind: Section; job: FeedJob };

/** Heights in pixels; fixed, so that nothing jumps. */
export const HEIGHTS: Record<Line["kind"], number> = { heading: 40, failed: 84, open: 68, ended: 56 };

const ORDER: Section[] = ["failed", "open", "ended"];

/** What needs attention first, then the queue in its order, then what ended lately. */
export function linesOf(jobs: readonly FeedJob[]): Line[] {
  const groups: Record<Section, FeedJob[]> = { failed: [], open: [], ended: [] };
  for (const job of jobs) groups[job.group].push(job);
  return ORDER.flatMap((section): Line[] => {
    const found = groups[section];
    if (found.length === 0) return [];
    return [
      { kind: "heading", section, count: found.length },
      ...found.map((job) => ({ kind: section, job })),
    ];
  });
}

/** Top of each line, and the height of all. */
export function offsetsOf(lines: readonly Line[]): number[] {
  const tops = [0];
  for (const line of lines) tops.push((tops.at(-1) ?? 0) + HEIGHTS[line.kind]);
  return tops;
}

/** The line at a height; lines stand between `tops[i]` and `tops[i + 1]`. */
export function lineAt(tops: readonly number[], y: number): number {
  let [low, high] = [0, Math.max(0, tops.length - 2)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((tops[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Lines from `first` to before `last` are drawn. */
export function windowOf(tops: readonly number[], top: number, height: number, beyond = 400) {
  if (tops.length < 2) return { first: 0, last: 0 };
  return { first: lineAt(tops, Math.max(0, top - beyond)), last: lineAt(tops, top + height + beyond) + 1 };
}

export type Direction = "up" | "down" | "top" | "bottom";

/** Where jobs are to stand after a move, as the engine wants it; `null`: they stand there. */
export function moveTarget(
  order: readonly string[],
  ids: ReadonlySet<string>,
  direction: Direction,
): { moved: string[]; before: string | null } | null {
  const moved = order.filter((id) => ids.has(id));
  const first = order.findIndex((id) => ids.has(id));
  const last = order.findLastIndex((id) => ids.has(id));
  if (moved.length === 0) return null;
  const packed = last - first + 1 === moved.length;
  const stay = order.filter((id) => !ids.has(id));
  const above = order.slice(0, first).length;
  const below = order.slice(0, last).filter((id) => !ids.has(id)).length;
  const at = {
    up: Math.max(0, above - 1),
    down: Math.min(stay.length, below + 1),
    top: 0,
    bottom: stay.length,
  }[direction];
  if (packed && at === above) return null;
  return { moved, before: stay[at] ?? null };
}

/** The job before which something dropped at `y` goes; `null`: behind all. `undefined`: nowhere new. */
export function dropTarget(
  lines: readonly Line[],
  tops: readonly number[],
  y: number,
): { before: string | null; y: number } | undefined {
  const open = lines.flatMap((line, at) =>
    line.kind === "open" ? [{ id: line.job.id, top: tops[at] ?? 0 }] : [],
  );
  const end = open.at(-1);
  if (!end) return undefined;
  const found = open.find((one) => y < one.top + HEIGHTS.open / 2);
  return found ? { before: found.id, y: found.top } : { before: null, y: end.top + HEIGHTS.open };
}

/** Where the keyboard goes when the list changes under it: it stays, or takes the next row that is left. */
export function keptRow(before: readonly string[], order: readonly string[], id: string): string | null {
  if (order.includes(id)) return id;
  const at = before.indexOf(id);
  const left = new Set(order);
  const next = before.slice(at + 1).find((one) => left.has(one));
  return next ?? before.slice(0, Math.max(0, at)).findLast((one) => left.has(one)) ?? null;
}
