import { describe, expect, it } from "vitest";

import type { StepState } from "$/ipc";
import { trackOf, type FeedCell } from "$/state/fold";
import type { Palette } from "$/state/palette.svelte";
import { cloudOf, dice, liveOf } from "$/state/sample";
import { bars, barsOf, MapPainter } from "./segmentmap";

const STATES: StepState[] = ["blocked", "ready", "running", "waiting", "done", "failed", "skipped"];
const COLORS: Palette = {
  blocked: "#1",
  ready: "#2",
  running: "#3",
  waiting: "#4",
  done: "#5",
  failed: "#6",
  skipped: "#7",
};

const segments = (states: StepState[]) =>
  trackOf(liveOf(1, states)).cells.filter((cell) => cell.kind === "segment");

/** A canvas that remembers the colour of each of its pixels in two rows of each cell's height. */
class Pixels {
  width = 0;
  height = 0;
  fillStyle = "";
  calls = 0;
  #colors = new Map<string, string>();

  getContext = () => this as unknown as CanvasRenderingContext2D;
  element = () => this as unknown as HTMLCanvasElement;

  clearRect(x: number, y: number, width: number, height: number) {
    this.#each(x, y, width, height, (key) => this.#colors.delete(key));
  }
  fillRect(x: number, y: number, width: number, height: number) {
    this.calls += 1;
    this.#each(x, y, width, height, (key) => this.#colors.set(key, this.fillStyle));
  }
  get picture() {
    return [...this.#colors].sort();
  }
  #each(x: number, y: number, width: number, height: number, act: (key: string) => void) {
    for (let i = Math.round(x); i < Math.round(x + width); i++)
      for (let j = Math.round(y); j < Math.round(y + height); j++) act(`${i},${j}`);
  }
}

describe("the segment map", () => {
  it("draws every segment inside the picture, whatever its size", () => {
    const chance = dice(6);
    for (const [count, width, height, scale] of [
      [1, 300, 16, 1],
      [110, 400, 16, 1],
      [110, 800, 32, 2],
      [2000, 180, 22, 1],
    ] as const) {
      const cells = segments(
        Array.from({ length: count }, () => STATES[Math.floor(chance() * STATES.length)] ?? "ready"),
      );
      for (const cell of cells) if (cell.state === "running") cell.part = chance();
      for (const bar of bars(cells, { width, height, scale })) {
        expect(bar.x).toBeGreaterThanOrEqual(0);
        expect(bar.x + bar.width).toBeLessThanOrEqual(width + 0.01);
        expect(bar.y).toBeGreaterThanOrEqual(0);
        expect(bar.y + bar.height).toBeLessThanOrEqual(height + 0.01);
      }
    }
  });

  it("tells states apart by shape, not by colour alone", () => {
    const ground = { width: 10, height: 20, scale: 1 };
    const shape = (state: StepState) =>
      JSON.stringify(
        barsOf(segments([state])[0] as FeedCell, 0, 10, ground).map(({ y, height }) => [y, height]),
      );
    const shapes = (["ready", "waiting", "done", "failed"] as const).map(shape);
    expect(new Set(shapes).size).toBe(shapes.length);
  });

  it("joins what cannot be told apart", () => {
    const cells = segments(Array.from({ length: 5000 }, () => "done" as const));
    expect(bars(cells, { width: 300, height: 16, scale: 1 })).toHaveLength(1);
  });

  it("drawn bit by bit is the same picture as drawn at once", () => {
    const chance = dice(21);
    for (const [count, width] of [
      [40, 311],
      [110, 397],
      [700, 300],
    ] as const) {
      const { cells } = trackOf(
        liveOf(
          1,
          Array.from({ length: count }, () => "ready" as const),
        ),
      );
      const ground = { width, height: 16, scale: 1 };
      const [kept, once] = [new Pixels(), new Pixels()];
      const painter = new MapPainter(kept.element());
      for (let round = 0; round < 30; round++) {
        for (const cell of cells) {
          if (chance() > 0.15) continue;
          cell.state = STATES[Math.floor(chance() * STATES.length)] ?? "ready";
          cell.part = chance();
        }
        painter.draw(cells, ground, COLORS);
      }
      new MapPainter(once.element()).draw(cells, ground, COLORS);
      expect(kept.picture).toEqual(once.picture);
    }
  });

  it("draws what changed and nothing else", () => {
    const { cells } = trackOf(
      liveOf(
        1,
        Array.from({ length: 100 }, () => "running" as const),
      ),
    );
    const canvas = new Pixels();
    const painter = new MapPainter(canvas.element());
    const ground = { width: 600, height: 16, scale: 1 };
    expect(painter.draw(cells, ground, COLORS)).toBeGreaterThanOrEqual(100);
    expect(painter.draw(cells, ground, COLORS)).toBe(0);
    for (const cell of cells.slice(3, 6)) cell.part = 0.5;
    expect(painter.draw(cells, ground, COLORS)).toBe(6);
    // Less than a pixel is not to be seen.
    for (const cell of cells.slice(3, 6)) cell.part = 0.501;
    expect(painter.draw(cells, ground, COLORS)).toBe(0);
    expect(painter.draw(cells, { ...ground, width: 500 }, COLORS)).toBeGreaterThanOrEqual(100);
    expect(painter.draw(cells, { ...ground, width: 500 }, { ...COLORS })).toBeGreaterThanOrEqual(100);
  });

  it("tells how far a chunk in the cloud is by its shape, not by colour alone", () => {
    const ground = { width: 60, height: 16, scale: 1 };
    const shape = (...states: [StepState, StepState, StepState]) => {
      const cell = trackOf(cloudOf(1, [states])).cells.find((one) => one.kind === "segment") as FeedCell;
      for (const one of [cell, cell.upload, cell.download]) if (one?.state === "running") one.part = 0.5;
      return barsOf(cell, 0, 10, ground)
        .map(({ y, height }) => `${y}+${height}`)
        .join(" ");
    };
    const shapes = [
      shape("ready", "blocked", "blocked"),
      shape("running", "blocked", "blocked"),
      shape("done", "ready", "blocked"),
      shape("done", "running", "blocked"),
      shape("done", "done", "ready"),
      shape("done", "done", "running"),
      shape("done", "done", "done"),
      shape("done", "failed", "blocked"),
    ];
    expect(new Set(shapes).size).toBe(shapes.length);
    expect(shape("done", "done", "done")).toBe("0+16");
  });
});
