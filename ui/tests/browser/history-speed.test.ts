import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { launch, Window } from "./window";

const HEIGHT = 820;
const ROW = 44;
/** Rows that fit, those beyond the edges, and the one with the keyboard on it. */
const MOST_ROWS = Math.ceil(HEIGHT / ROW) + 2 * 6 + 2;

let browser: Browser;
beforeAll(async () => void (browser = await launch()));
afterAll(() => browser.close());

it("flies through 100 000 jobs with few rows, few questions, and one layout a frame", async () => {
  const window = await Window.open(browser, { width: 1280, height: HEIGHT });
  const { page } = window;
  await page.keyboard.press("Control+2");
  await page.locator("main [role=grid] [data-index]").first().waitFor();
  const tools = await page.context().newCDPSession(page);
  await tools.send("Performance.enable");
  const layouts = async () => {
    const { metrics } = await tools.send("Performance.getMetrics");
    return metrics.find((one) => one.name === "LayoutCount")?.value ?? NaN;
  };
  const before = await layouts();
  const frames = await page.evaluate(async () => {
    const grid = document.querySelector("main [role=grid]") as HTMLElement;
    const { calls } = (globalThis as unknown as { spillway: { calls: { command: string }[] } }).spillway;
    const asked = () => calls.filter((one) => one.command === "history").length;
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const end = grid.scrollHeight - grid.clientHeight;
    // Slowly, row by row, then ever faster to the end.
    const way = [
      ...Array.from({ length: 60 }, (_, at) => at * 60),
      ...Array.from({ length: 60 }, (_, at) => 3_600 + ((end - 3_600) * (at + 1) ** 2) / 3_600),
    ];
    const seen: { rows: number; asked: number; took: number }[] = [];
    for (const top of way) {
      const questions = asked();
      const begin = performance.now();
      grid.scrollTop = top;
      await frame();
      await frame();
      const took = performance.now() - begin;
      seen.push({ rows: grid.querySelectorAll("[data-index]").length, asked: asked() - questions, took });
    }
    return seen;
  });
  const each = ((await layouts()) - before) / frames.length;
  const times = frames.map((one) => one.took).toSorted((a, b) => a - b);
  const [middle, late] = [0.5, 0.95].map((share) => times[Math.floor(times.length * share)] ?? 0);
  console.info(
    `two frames: median ${middle?.toFixed(1)} ms, 95 % ${late?.toFixed(1)} ms; ${each.toFixed(2)} layouts`,
  );

  for (const { rows, asked } of frames) {
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThanOrEqual(MOST_ROWS);
    expect(asked).toBeLessThanOrEqual(2);
  }
  // Two frames each: where to be drawn, and the rows that came.
  expect(each).toBeLessThanOrEqual(4);
  // What was flown over is not asked for.
  expect(frames.reduce((sum, one) => sum + one.asked, 0)).toBeLessThan(40);
  // Where it comes to rest, rows have their words.
  await expect
    .poll(() => page.locator("main [role=grid] [data-index='99999']").textContent())
    .toMatch(/\.(mov|mxf|mp4)/);
  expect(window.faults).toEqual([]);
  await window.close();
});
