import { describe, expect, it } from "vitest";

import { FeedJob } from "$/state/feed.svelte";
import { reordered } from "$/state/fold";
import { dice, idOf, liveOf } from "$/state/sample";
import {
  dropTarget,
  HEIGHTS,
  keptRow,
  lineAt,
  linesOf,
  moveTarget,
  offsetsOf,
  windowOf,
  type Direction,
} from "./list";

const STATES = ["queued", "running", "failed", "delivered", "cancelled"] as const;
const some = (count: number, seed: number) => {
  const chance = dice(seed);
  return Array.from({ length: count }, (_, n) => {
    const state = STATES[Math.floor(chance() * STATES.length)] ?? "queued";
    return new FeedJob(liveOf(n, ["ready"], { state }));
  });
};

describe("lines", () => {
  it("hold every job once, sections in their order, each under a heading that counts it", () => {
    for (let seed = 1; seed < 20; seed++) {
      const jobs = some(seed * 2, seed);
      const lines = linesOf(jobs);
      const ids = lines.flatMap((line) => (line.kind === "heading" ? [] : [line.job.id]));
      expect([...ids].sort()).toEqual(jobs.map((job) => job.id).sort());
      const rank = { failed: 0, open: 1, ended: 2 };
      const ranks = lines.map((line) => rank[line.kind === "heading" ? line.section : line.kind]);
      expect(ranks).toEqual([...ranks].sort());
      for (const line of lines)
        if (line.kind === "heading")
          expect(lines.filter((one) => one.kind === line.section)).toHaveLength(line.count);
    }
  });

  it("stand one below the other, and are found by their height", () => {
    const lines = linesOf(some(40, 5));
    const tops = offsetsOf(lines);
    for (const [at, line] of lines.entries()) {
      expect((tops[at + 1] ?? 0) - (tops[at] ?? 0)).toBe(HEIGHTS[line.kind]);
      expect(lineAt(tops, tops[at] ?? 0)).toBe(at);
      expect(lineAt(tops, (tops[at + 1] ?? 0) - 1)).toBe(at);
    }
  });

  it("those in view are drawn, of a thousand only few", () => {
    const lines = linesOf(some(1000, 9));
    const tops = offsetsOf(lines);
    const end = tops.at(-1) ?? 0;
    for (let top = 0; top < end; top += 777) {
      const { first, last } = windowOf(tops, top, 700);
      expect(tops[first] ?? 0).toBeLessThanOrEqual(top);
      expect(tops[last] ?? 0).toBeGreaterThanOrEqual(Math.min(end, top + 700));
      expect(last - first).toBeLessThan(40);
    }
    expect(windowOf(offsetsOf([]), 0, 700)).toEqual({ first: 0, last: 0 });
  });
});

describe("moving", () => {
  const order = [0, 1, 2, 3, 4].map(idOf);
  const after = (numbers: number[], direction: Direction) => {
    const target = moveTarget(order, new Set(numbers.map(idOf)), direction);
    if (!target) return null;
    const jobs = order.map((id) => ({ id }));
    return reordered(jobs, target.moved, target.before).map((job) => order.indexOf(job.id));
  };

  it.each<[number[], Direction, number[] | null]>([
    [[2], "up", [0, 2, 1, 3, 4]],
    [[2], "down", [0, 1, 3, 2, 4]],
    [[2], "top", [2, 0, 1, 3, 4]],
    [[2], "bottom", [0, 1, 3, 4, 2]],
    [[0], "up", null],
    [[4], "down", null],
    [[0, 1], "top", null],
    [[1, 2], "up", [1, 2, 0, 3, 4]],
    [[1, 3], "down", [0, 2, 4, 1, 3]],
    [[0, 2], "up", [0, 2, 1, 3, 4]],
    [[], "up", null],
  ])("%j %s gives %j", (numbers, direction, expected) => expect(after(numbers, direction)).toEqual(expected));

  it("what is dropped goes before the row whose upper half it is over, and behind all below them", () => {
    const jobs = [0, 1, 2].map((n) => new FeedJob(liveOf(n, ["ready"])));
    const lines = linesOf(jobs);
    const tops = offsetsOf(lines);
    const at = (y: number) => dropTarget(lines, tops, y)?.before;
    expect(at(-50)).toBe(idOf(0));
    expect(at((tops[2] ?? 0) + 1)).toBe(idOf(1));
    expect(at((tops[2] ?? 0) + HEIGHTS.open - 1)).toBe(idOf(2));
    expect(at(9_999)).toBeNull();
    expect(dropTarget([], [0], 5)).toBeUndefined();
  });
});

describe("the keyboard", () => {
  it.each([
    ["abcd", "dbca", "a", "a"],
    ["abcd", "acd", "b", "c"],
    ["abcd", "ab", "c", "b"],
    ["abcd", "da", "c", "d"],
    ["abcd", "", "c", null],
  ])("in %s that becomes %s goes from %s to %s", (before, order, id, expected) =>
    expect(keptRow([...before], [...order], id)).toBe(expected),
  );
});
