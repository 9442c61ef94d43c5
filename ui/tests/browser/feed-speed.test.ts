import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { launch, Window } from "./window";

const JOBS = 50;
const SEGMENTS = 200;
const RATE = 5;
const SECONDS = 6;
/** A frame at 60 Hz. */
const FRAME = 16;

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

it(`folds and draws ${JOBS} jobs with ${SEGMENTS} segments, told ${RATE} times a second, within a frame`, async () => {
  const window = await Window.open(browser, { width: 1280, height: 820, fake: ["empty"] });
  const figures = await window.page.evaluate(
    async ({ jobs, segments, rate, seconds }) => {
      const { emit } = (globalThis as unknown as { spillway: { emit: (message: unknown) => void } }).spillway;
      const id = (job: number) => `01933f20-0000-7000-8000-${String(job).padStart(12, "0")}`;
      const live = (job: number) => ({
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
          steps: { total: segments + 2, done: 1, running: segments, failed: 0 },
          error: null,
          outputs: [],
          receipt: null,
          cost_microusd: 0,
        },
        frame_rate: 25,
        cells: [
          { ord: 0, kind: "inspect", state: "done", frames: 0, attempt: 1, due_ms: null },
          ...Array.from({ length: segments }, (_, at) => ({
            ord: at + 1,
            kind: "segment",
            state: "running",
            frames: 300,
            attempt: 1,
            due_ms: null,
          })),
          { ord: segments + 1, kind: "stitch", state: "blocked", frames: 0, attempt: 0, due_ms: null },
        ],
      });
      const all = Array.from({ length: jobs }, (_, job) => live(job));
      emit({ type: "snapshot", snapshot: { seq: 1, jobs: all }, runner: { state: "here" } });
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      await frame();
      await frame();
      // From the message to the end of the frame that shows it: folding, effects, layout and painting calls.
      const folds: number[] = [];
      const frames: number[] = [];
      for (let round = 1; round <= rate * seconds; round++) {
        const steps = all.flatMap(({ job }) =>
          Array.from({ length: segments }, (_, at) => ({
            job: job.id,
            ord: at + 1,
            done: round * 8 + (at % 5),
            total: 300,
          })),
        );
        await frame();
        const message = { type: "progress", steps };
        // The fake copies what it tells, which the real window does not: that time is taken off.
        const before = performance.now();
        structuredClone(message);
        const begin = performance.now();
        emit(message);
        await Promise.resolve();
        const folded = performance.now() - (begin - before);
        await new Promise((resolve) => {
          // Drawing callbacks come first, as they were asked for before this one.
          requestAnimationFrame(() => {
            const draw = performance.now();
            document.body.getBoundingClientRect();
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => resolve(frames.push(folded - begin + (performance.now() - draw)));
            port2.postMessage(null);
          });
        });
        folds.push(folded - begin);
        await new Promise((resolve) => setTimeout(resolve, 1000 / rate / 4));
      }
      const at = (list: number[], share: number) =>
        [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * share)] ?? 0;
      return {
        fold: at(folds, 0.5),
        foldWorst: at(folds, 0.95),
        frame: at(frames, 0.5),
        // What the work itself takes: a busy machine interrupts the others.
        undisturbed: at(frames, 0.25),
        frameWorst: at(frames, 0.95),
      };
    },
    { jobs: JOBS, segments: SEGMENTS, rate: RATE, seconds: SECONDS },
  );
  console.info(
    Object.entries(figures)
      .map(([name, ms]) => `${name} ${ms.toFixed(1)} ms`)
      .join(", "),
  );
  expect(window.faults).toEqual([]);
  expect(figures.undisturbed).toBeLessThan(FRAME);
  await window.close();
});
