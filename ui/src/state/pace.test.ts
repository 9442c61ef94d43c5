import { describe, expect, it } from "vitest";

import { applyProgress, trackOf } from "./fold";
import { figuresOf, fractionOf, Pace, phaseOf, SETTLED, WINDOW } from "./pace";
import { cellOf, dice, idOf, liveOf, viewOf } from "./sample";

const progress = (ord: number, done: number, total: number) => ({ job: idOf(1), ord, done, total });

describe("how far", () => {
  it("frames count for 95 of 100, steps for the rest, as on the command line", () => {
    const live = {
      ...liveOf(1, []),
      cells: [
        cellOf(0, "inspect", "done"),
        cellOf(1, "segment", "done", 100),
        cellOf(2, "segment", "running", 300),
        cellOf(3, "stitch", "blocked"),
      ],
    };
    const track = trackOf(live);
    expect(fractionOf("running", track)).toBeCloseTo(0.95 * 0.25 + 0.05 * 0.5, 9);
    applyProgress(track, progress(2, 150, 300));
    expect(fractionOf("running", track)).toBeCloseTo(0.95 * 0.625 + 0.05 * 0.5, 9);
  });

  it("nothing is claimed before there is a plan, and all once delivered", () => {
    const track = trackOf({ ...liveOf(1, []), cells: [cellOf(0, "inspect", "running")] });
    expect(fractionOf("running", track)).toBeNull();
    expect(fractionOf("delivered", track)).toBe(1);
    expect(phaseOf("running", "run", track)).toBe("inspecting");
  });

  it("never leaves 0 to 1, and never falls while a try goes on, whatever workers say", () => {
    const chance = dice(7);
    const track = trackOf(liveOf(1, ["running", "running", "ready", "done"]));
    let before = fractionOf("running", track) ?? 0;
    let reached = [0, 0, 0];
    for (let n = 0; n < 500; n++) {
      const ord = 1 + Math.floor(chance() * 2);
      const done = (reached[ord] ?? 0) + Math.floor(chance() * 9);
      reached = reached.with(ord, done);
      applyProgress(track, progress(ord, done, 200));
      const now = fractionOf("running", track) ?? -1;
      expect(now).toBeGreaterThanOrEqual(before);
      expect(now).toBeLessThanOrEqual(1);
      before = now;
    }
  });
});

describe("how fast", () => {
  it("is said only after a while, and forgets what is long ago", () => {
    const pace = new Pace();
    pace.sample(0, 0);
    pace.sample(SETTLED - 1, 100);
    expect(pace.framesPerSecond).toBeNull();
    pace.sample(SETTLED, 100);
    expect(pace.framesPerSecond).toBeCloseTo(50, 9);
    for (let at = SETTLED; at <= SETTLED + 2 * WINDOW; at += 1000) pace.sample(at, 100 + (at - SETTLED) / 10);
    expect(pace.framesPerSecond).toBeCloseTo(100, 6);
  });

  it("starts anew when a try takes its frames back", () => {
    const pace = new Pace();
    for (const [at, frames] of [
      [0, 0],
      [2_000, 100],
      [3_000, 10],
    ] as const)
      pace.sample(at, frames);
    expect(pace.framesPerSecond).toBeNull();
  });

  it("gives speed in multiples of playing time, and time left", () => {
    const track = trackOf(liveOf(1, ["done", "running", "ready", "ready"]));
    const pace = new Pace();
    for (const [at, done] of [
      [0, 0],
      [2_000, 100],
    ] as const) {
      applyProgress(track, progress(2, done / 2, 100));
      pace.sample(at, 100 + done / 2);
    }
    const figures = figuresOf(viewOf(1), track, 25, pace);
    expect(figures).toMatchObject({ framesPerSecond: 25, speed: 1, leftMs: 10_000, phase: "encoding" });
    expect(figuresOf(viewOf(1, { wish: "pause" }), track, 25, pace).speed).toBeNull();
  });
});
