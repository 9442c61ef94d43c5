import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { launch, Window } from "./window";

const JOBS = 50;
const SEGMENTS = 200;
const RATE = 5;
const ROUNDS = 30;

/** Segments that are at work in each job. */
const LOADS = {
  /** Every cell moves with every message: more workers than any machine has. */
  worst: Array.from({ length: JOBS }, () => SEGMENTS),
  /** What a machine with many cores does: sixteen workers on the first jobs of the queue. */
  usual: Array.from({ length: JOBS }, (_, job) => [12, 4][job] ?? 0),
};

let browser: Browser;
beforeAll(async () => void (browser = await launch()));
afterAll(() => browser.close());

/** What was done for one message. */
interface Frame {
  /** Segment maps drawn on. */
  maps: number;
  /** Rectangles drawn. */
  rectangles: number;
  /** Elements and texts put into the page. */
  nodes: number;
  /** Rows of the queue in the page. */
  rows: number;
  fold: number;
  whole: number;
}

/** Tells of a queue, then of progress, and counts what the window does with it. */
function follow(page: Page, running: number[]): Promise<Frame[]> {
  return page.evaluate(
    async ({ running, segments, rate, rounds }) => {
      const { emit } = (globalThis as unknown as { spillway: { emit: (message: unknown) => void } }).spillway;
      const id = (job: number) => `01933f20-0000-7000-8000-${String(job).padStart(12, "0")}`;
      const live = (job: number, busy: number) => ({
        job: {
          id: id(job),
          source: `/masters/Reel ${job}.mov`,
          profile: "apple-hls",
          partner: "Apple HLS",
          engine: "local",
          state: "running",
          wish: "run",
          priority: 0,
          created_ms: 0,
          started_ms: 1,
          ended_ms: null,
          out_dir: "/out",
          steps: { total: segments + 2, done: 1, running: busy, failed: 0 },
          error: null,
          outputs: [],
          receipt: null,
          cost_microusd: 0,
          extras: { title: null, metadata: {}, deadline_ms: null, watch: null },
        },
        frame_rate: 25,
        cells: [
          { ord: 0, kind: "inspect", state: "done", frames: 0, attempt: 1, due_ms: null },
          ...Array.from({ length: segments }, (_, at) => ({
            ord: at + 1,
            kind: "segment",
            state: at < busy ? "running" : "ready",
            frames: 300,
            attempt: 1,
            due_ms: null,
          })),
          { ord: segments + 1, kind: "stitch", state: "blocked", frames: 0, attempt: 0, due_ms: null },
        ],
      });
      const jobs = running.map((busy, job) => live(job, busy));
      emit({ type: "snapshot", snapshot: { seq: 1, jobs, hold: null }, runner: { state: "here" } });
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      await frame();
      await frame();

      const drawn = new Set<unknown>();
      let rectangles = 0;
      const proto = CanvasRenderingContext2D.prototype;
      const fillRect = Object.getOwnPropertyDescriptor(proto, "fillRect")?.value as (...of: number[]) => void;
      proto.fillRect = function (this: CanvasRenderingContext2D, ...of: number[]) {
        drawn.add(this.canvas);
        rectangles += 1;
        fillRect.apply(this, of);
      };
      let nodes = 0;
      const watch = (changes: MutationRecord[]) =>
        changes.forEach((change) => (nodes += change.addedNodes.length));
      const observer = new MutationObserver(watch);
      observer.observe(document.body, { subtree: true, childList: true });

      const frames: Frame[] = [];
      for (let round = 1; round <= rounds; round++) {
        const steps = running.flatMap((busy, job) =>
          Array.from({ length: busy }, (_, at) => ({
            job: id(job),
            ord: at + 1,
            done: round * 8 + (at % 5),
            total: 300,
          })),
        );
        await frame();
        drawn.clear();
        [rectangles, nodes] = [0, 0];
        const message = { type: "progress", steps };
        // The fake copies what it tells, which the real window does not: that time is taken off.
        const before = performance.now();
        structuredClone(message);
        const begin = performance.now();
        emit(message);
        await Promise.resolve();
        const fold = performance.now() - begin - (begin - before);
        // From the message to the end of the frame that shows it: folding, effects, layout and painting calls.
        const draw = await new Promise<number>((resolve) => {
          // Drawing callbacks come first, as they were asked for before this one.
          requestAnimationFrame(() => {
            const end = () => performance.now() - start;
            const start = performance.now();
            document.body.getBoundingClientRect();
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => resolve(end());
            port2.postMessage(null);
          });
        });
        watch(observer.takeRecords());
        const rows = document.querySelectorAll("[data-line]").length;
        frames.push({ maps: drawn.size, rectangles, nodes, rows, fold, whole: fold + draw });
        await new Promise((resolve) => setTimeout(resolve, 1000 / rate / 4));
      }
      observer.disconnect();
      return frames;
    },
    { running, segments: SEGMENTS, rate: RATE, rounds: ROUNDS },
  );
}

const share = (of: number[], part: number) =>
  of.toSorted((a, b) => a - b)[Math.floor((of.length - 1) * part)] ?? 0;

describe.each(Object.entries(LOADS))(
  `${JOBS} jobs with ${SEGMENTS} segments, told ${RATE} times a second, in the %s case`,
  (name, running) => {
    it("what is in view is drawn, and of that only what has changed", async () => {
      const window = await Window.open(browser, { width: 1280, height: 820, fake: ["empty"] });
      // Parts that the first picture does not need come later, and are no part of this.
      await window.page.waitForLoadState("networkidle");
      const frames = await follow(window.page, running);
      const figures = ["fold", "whole"] as const;
      const times = figures.map((of) => {
        const list = frames.map((frame) => frame[of]);
        return `${of} median ${share(list, 0.5).toFixed(1)} ms, 95 % ${share(list, 0.95).toFixed(1)} ms`;
      });
      const most = Math.max(...frames.map((frame) => frame.rectangles));
      console.info(`${name}: ${times.join("; ")}; at most ${most} rectangles`);

      const busy = running.filter((count) => count > 0).length;
      expect(frames.some((frame) => frame.maps > 0)).toBe(true);
      for (const { maps, rectangles, nodes, rows } of frames) {
        expect(rows).toBeLessThan(JOBS);
        expect(maps).toBeLessThanOrEqual(Math.min(rows, busy));
        // Of a running cell: what is done, and what is not.
        expect(rectangles).toBeLessThanOrEqual(
          2 * running.slice(0, rows).reduce((sum, count) => sum + count, 0),
        );
        expect(nodes).toBe(0);
      }
      expect(window.faults).toEqual([]);
      await window.close();
    });
  },
);
