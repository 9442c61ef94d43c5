// Quitting with work in flight: asked first, everything given back, the next start goes on.
import { join } from "node:path";

import { afterEach, expect, test } from "vitest";

import { frames, Place } from "./kit/place";
import { lives, Window } from "./kit/window";

let place: Place;
let window: Window | undefined;

afterEach(async (context) => {
  await window?.end();
  window = undefined;
  if (context.task.result?.state === "fail") place.keep(join(place.folder, "window.log"));
  place.remove();
});

/** A window with a job that is half through. */
async function atWork(): Promise<{ id: string; open: Window; workers: number[] }> {
  const [id = ""] = place.submit([place.master("long.mov", 48)]);
  const open = await Window.open(place);
  window = open;
  await open.midway(id);
  await open.until("a worker is at work", () => open.workers().length > 0);
  return { id, open, workers: open.workers() };
}

/** Everything came to rest in good order, and the next window ends the job. */
async function goesOn(id: string): Promise<void> {
  const left = place.job(id);
  expect(left.job.state).toBe("running");
  expect(left.steps.filter((step) => step.state === "running")).toEqual([]);
  const kept = left.steps.filter((step) => step.kind === "segment" && step.state === "done");
  expect(kept.length).toBeGreaterThan(0);
  const given = left.steps.filter((step) => step.attempts.at(-1)?.outcome === "interrupted");
  expect(given.length, "what was at work was given back").toBe(1);
  expect(given.map((step) => step.state)).toEqual(["ready"]);
  const before = left.events.at(-1)?.seq ?? 0;

  window = await Window.open(place);
  await window.until("the job is delivered", () => place.job(id).job.state === "delivered", 120_000);
  const done = place.job(id);
  const recovered = done.events.filter((event) => event.seq > before && event.body.event === "recovered");
  expect(
    recovered.map(({ body }) => body.interrupted),
    "nothing had to be given up",
  ).toEqual([0]);
  expect(recovered[0]?.body.kept).toBeGreaterThan(0);
  for (const step of done.steps.filter((one) => one.kind === "segment")) {
    const finished = step.attempts.filter((attempt) => attempt.outcome === "done");
    expect(finished.length, `segment ${step.ord} is finished once`).toBe(1);
    expect(step.attempts.every((attempt) => ["done", "interrupted"].includes(attempt.outcome))).toBe(true);
  }
  // What was given back does not count as a try.
  for (const step of done.steps) expect(step.attempt).toBeLessThanOrEqual(1);
  expect(frames(done.job.outputs[0]?.path ?? "")).toBe(1200);
}

/** Nothing of the question is cut off. */
async function unclipped(open: Window): Promise<void> {
  const script = `return [...document.querySelectorAll("[role=alertdialog], [role=alertdialog] *")]
    .filter((one) => one.scrollHeight > one.clientHeight + 1 && getComputedStyle(one).overflowY !== "visible")
    .map((one) => one.className)`;
  expect(await open.driver.executeScript(script)).toEqual([]);
}

test("closing asks, staying stays, quitting gives back and the next start goes on", async () => {
  place = new Place("quit", { workers: 1 });
  const { id, open } = await atWork();

  open.close();
  await open.see("[role=alertdialog]");
  await open.says("1 job is at work.");
  await open.says("Finished segments are kept.");
  await unclipped(open);
  await open.shot("closing");
  await open.press("Stay", "[role=alertdialog]");
  await open.until("the question is gone", async () => (await open.text("[role=alertdialog]")) === "");
  const before = await open.map(id);
  await open.until("work goes on", async () => ((await open.map(id))?.done ?? 0) > (before?.done ?? 0));

  open.close();
  await open.see("[role=alertdialog]");
  const workers = open.workers();
  // The window is gone before the click has its answer.
  await open.press("Quit", "[role=alertdialog]").catch(() => undefined);
  expect(await open.code()).toBe(0);
  expect(workers.filter(lives)).toEqual([]);
  await open.end();
  await goesOn(id);
});

test("SIGTERM gives back without a question", async () => {
  place = new Place("term", { workers: 1 });
  const { id, open, workers } = await atWork();
  process.kill(open.pid, "SIGTERM");
  expect(await open.code()).toBe(0);
  expect(workers.filter(lives)).toEqual([]);
  await open.end();
  await goesOn(id);
});

test("with nothing to do the window closes at once", async () => {
  place = new Place("idle");
  window = await Window.open(place);
  await window.says("Ready for masters");
  window.close();
  expect(await window.code()).toBe(0);
});
