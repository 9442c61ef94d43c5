import { describe, expect, it } from "vitest";

import type { StepView } from "$/ipc";
import { dice } from "$/state/sample";
import { moved } from "./grid";
import { PictureLoader } from "./loader.svelte";
import { ticksOf, timelineOf } from "./timeline";

const step = (ord: number, attempts: [number, number | null][]): StepView => ({
  ord,
  kind: "segment",
  label: `segment ${ord}`,
  state: "done",
  attempt: attempts.length,
  due_ms: null,
  frames: 1,
  attempts: attempts.map(([started_ms, ended_ms], at) => ({
    number: at + 1,
    started_ms,
    ended_ms,
    outcome: ended_ms === null ? null : "done",
    failure: null,
  })),
});

describe("timeline", () => {
  it("shows every try, none over another, in no more lanes than ran at once", () => {
    const chance = dice(2);
    for (let round = 0; round < 30; round++) {
      const steps = Array.from({ length: 20 }, (_, ord) => {
        const from = Math.floor(chance() * 1000);
        return step(ord, [[from, chance() < 0.2 ? null : from + Math.floor(chance() * 300)]]);
      });
      const line = timelineOf(steps, 1500);
      expect(line.bars).toHaveLength(20);
      for (const a of line.bars)
        for (const b of line.bars)
          if (a !== b && a.lane === b.lane) expect(a.to <= b.from || b.to <= a.from).toBe(true);
      const busiest = Math.max(
        ...line.bars.map(({ from }) => line.bars.filter((bar) => bar.from <= from && from < bar.to).length),
      );
      expect(line.lanes).toBeLessThanOrEqual(busiest + 1);
    }
  });

  it("has round ticks, as few as asked for", () => {
    for (const span of [1, 900, 59_000, 3_600_000, 40 * 3_600_000]) {
      const ticks = ticksOf(span, 8);
      expect(ticks[0]).toBe(0);
      expect(ticks.length).toBeLessThanOrEqual(9);
      expect(ticks.every((tick) => tick <= span && tick % 1000 === 0)).toBe(true);
    }
  });
});

describe("the grid", () => {
  it("is walked with the arrows and never left", () => {
    expect(moved("ArrowDown", 3, 25, 10)).toBe(13);
    expect(moved("ArrowDown", 23, 25, 10)).toBe(23);
    expect(moved("ArrowLeft", 0, 25, 10)).toBe(0);
    expect(moved("End", 3, 25, 10)).toBe(24);
    expect(moved("x", 3, 25, 10)).toBeNull();
  });
});

describe("the picture loader", () => {
  const settle = async () => {
    for (let n = 0; n < 6; n++) await Promise.resolve();
  };

  it("asks for one at a time, and then only for the last wish", async () => {
    const asked: string[] = [];
    const answers: ((value: unknown) => void)[] = [];
    const loader = new PictureLoader((src) => {
      asked.push(src);
      return new Promise((resolve) => answers.push(resolve));
    });
    for (const src of ["1", "2", "3", "4"]) loader.want(src);
    expect(asked).toEqual(["1"]);
    answers[0]?.(null);
    await settle();
    expect([asked, loader.shown]).toEqual([["1", "4"], "1"]);
    answers[1]?.(null);
    await settle();
    expect(loader.shown).toBe("4");
  });

  it("says so when the last one cannot be had, and goes on afterwards", async () => {
    const loader = new PictureLoader((src) =>
      src === "bad" ? Promise.reject(new Error()) : Promise.resolve(),
    );
    loader.want("bad");
    await settle();
    expect(loader.failed).toBe(true);
    loader.want("good");
    await settle();
    expect([loader.failed, loader.shown]).toEqual([false, "good"]);
  });
});
