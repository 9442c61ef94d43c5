import { describe, expect, it } from "vitest";

import type { StepState } from "$/ipc";
import { trackOf } from "$/state/fold";
import { dice, liveOf } from "$/state/sample";
import { bars, segmentCounts } from "./segmentmap";

const STATES: StepState[] = ["blocked", "ready", "running", "waiting", "done", "failed", "skipped"];

describe("the segment map", () => {
  it("draws every segment inside the picture, whatever its size", () => {
    const chance = dice(6);
    for (const [count, width, height] of [
      [1, 300, 16],
      [110, 400, 16],
      [2000, 180, 22],
    ] as const) {
      const states = Array.from(
        { length: count },
        () => STATES[Math.floor(chance() * STATES.length)] ?? "ready",
      );
      const { cells } = trackOf(liveOf(1, states));
      for (const cell of cells) if (cell.state === "running") cell.part = chance();
      const all = bars(cells, width, height);
      for (const bar of all) {
        expect(bar.x).toBeGreaterThanOrEqual(0);
        expect(bar.x + bar.width).toBeLessThanOrEqual(width + 0.01);
        expect(bar.y).toBeGreaterThanOrEqual(0);
        expect(bar.y + bar.height).toBeLessThanOrEqual(height + 0.01);
      }
      expect(segmentCounts(cells).all).toBe(count);
    }
  });

  it("tells states apart by shape, not by colour alone", () => {
    const shape = (state: StepState) =>
      JSON.stringify(bars(trackOf(liveOf(1, [state])).cells, 10, 20).map(({ y, height }) => [y, height]));
    const shapes = (["ready", "waiting", "done", "failed"] as const).map(shape);
    expect(new Set(shapes).size).toBe(shapes.length);
  });

  it("joins what cannot be told apart", () => {
    const { cells } = trackOf(
      liveOf(
        1,
        Array.from({ length: 5000 }, () => "done" as const),
      ),
    );
    expect(bars(cells, 300, 16)).toHaveLength(1);
  });
});
