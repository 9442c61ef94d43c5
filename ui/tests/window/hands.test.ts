// What hands do to the queue: pause, resume, cancel, reorder, select many.
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, expect, test } from "vitest";

import { frames, Place } from "./kit/place";
import { Key, Window } from "./kit/window";

let place: Place;
let window: Window | undefined;

afterEach(async (context) => {
  await window?.end();
  window = undefined;
  if (context.task.result?.state === "fail") place.keep(join(place.folder, "window.log"));
  place.remove();
});

const stateOf = (id: string) => place.jobs().find((job) => job.id === id)?.state;
const wishOf = (id: string) => place.jobs().find((job) => job.id === id)?.wish;

test("a job that is paused stands still until it is resumed", async () => {
  place = new Place("pause", { workers: 1 });
  const [long = ""] = place.submit([place.master("long.mov", 40)]);
  window = await Window.open(place);
  await window.midway(long);

  await window.press("Pause", `[data-job="${long}"]`);
  await window.until("the wish is written down", () => wishOf(long) === "pause");
  await window.says(/Paused · \d+ of \d+/);
  await window.until("nothing of it is at work", () => window?.workers().length === 0);
  const still = await window.map(long);
  expect(still?.done).toBeGreaterThan(0);
  const stopped = place.job(long).steps.flatMap((step) => step.attempts.map((one) => one.outcome));
  expect(stopped.filter((outcome) => outcome !== "done")).toEqual(["stopped"]);

  // Another job goes through meanwhile: long enough for a segment, if one were made.
  const [short = ""] = place.submit([place.master("short.mov", 2)]);
  await window.until("the other one is delivered", () => stateOf(short) === "delivered");
  expect(await window.map(long)).toEqual(still);

  await window.press("Resume", `[data-job="${long}"]`);
  await window.until("the job is delivered", () => stateOf(long) === "delivered", 120_000);
  expect(frames(place.job(long).job.outputs[0]?.path ?? "")).toBe(1000);
});

test("a job is cancelled only after a question, and leaves nothing behind", async () => {
  place = new Place("cancel", { workers: 1 });
  const [id = ""] = place.submit([place.master("long.mov", 40)]);
  window = await Window.open(place);
  await window.midway(id);

  await window.focus(id);
  await window.keys(Key.DELETE);
  await window.see("[role=alertdialog]");
  await window.says("Cancel “long.mov”?");
  await window.press("Keep", "[role=alertdialog]");
  await window.until("the question is gone", async () => !(await asked(window)));
  expect(wishOf(id)).toBe("run");

  await window.focus(id);
  await window.keys(Key.DELETE);
  await window.press("Cancel job", "[role=alertdialog]");
  await window.until("the job is cancelled", () => stateOf(id) === "cancelled");
  await window.until("no worker is left", () => window?.workers().length === 0);
  await window.says("Cancelled");
  await window.until(
    "its temporary files are gone",
    () => readdirSync(join(place.data, "work")).length === 0,
  );
  expect(place.delivered()).toEqual([]);
});

test("jobs that are moved are taken in their new order", async () => {
  place = new Place("order", { workers: 1 });
  const masters = ["a.mov", "b.mov", "c.mov"].map((name) => place.master(name, 1));
  const [a = "", b = "", c = ""] = place.submit(masters);
  for (const id of [a, b, c]) place.cli("pause", id);
  window = await Window.open(place);
  await window.focus(c);
  await window.chord(Key.ALT, Key.ARROW_UP);
  await window.until("the row has moved", async () => same(await order(window), [a, c, b]));
  await window.chord(Key.ALT, Key.ARROW_UP);
  await window.until("the row has moved again", async () => same(await order(window), [c, a, b]));
  // The keyboard moves along with the row.
  const focused = "return document.activeElement?.dataset.job ?? null";
  expect(await window.driver.executeScript(focused)).toBe(c);
  await window.end();

  for (const id of [a, b, c]) place.cli("resume", id);
  window = await Window.open(place);
  await window.until("all are delivered", () => place.jobs().every((job) => job.state === "delivered"));
  const started = [a, b, c].map((id) => ({ id, seq: firstRunning(id) }));
  expect(started.sort((one, other) => one.seq - other.seq).map((one) => one.id)).toEqual([c, a, b]);
});

test("failed jobs are selected by keyboard, retried and dismissed together", async () => {
  place = new Place("many");
  const names = ["a.mov", "b.mov", "c.mov", "d.mov"];
  const masters = names.map((name) => join(place.masters, name));
  for (const master of masters) writeFileSync(master, "");
  place.submit(masters);
  window = await Window.open(place);
  await window.until("all have failed", () => place.jobs().every((job) => job.state === "failed"));
  await window.until("the page shows them", async () => (await order(window)).length === 4);

  const [first = "", second = "", third = "", fourth = ""] = await order(window);
  await window.focus(first);
  await window.keys(" ");
  await window.chord(Key.SHIFT, Key.ARROW_DOWN);
  await window.says("2 selected");
  const mended = [first, second].map((id) => place.job(id).job.source.split("/").at(-1) ?? "");
  for (const name of mended) place.master(name, 1);
  await window.keys("r");
  await window.until("both are delivered", () => [first, second].every((id) => stateOf(id) === "delivered"));
  expect([third, fourth].map(stateOf)).toEqual(["failed", "failed"]);

  await window.keys(Key.ESCAPE);
  await window.focus(third);
  await window.keys(" ");
  await window.focus(fourth);
  await window.keys(" ");
  await window.says("2 selected");
  await window.press("Dismiss", "[role=toolbar]");
  await window.until("nothing needs attention", async () => !/Needs attention/.test(await page(window)));
  // Off the page, not out of the journal.
  expect([third, fourth].map(stateOf)).toEqual(["failed", "failed"]);
});

async function order(shown: Window | undefined): Promise<string[]> {
  const script = `return [...document.querySelectorAll("[data-job]")]
    .map((row) => ({ id: row.dataset.job, at: Number(row.getAttribute("aria-rowindex")) }))
    .sort((one, other) => one.at - other.at).map((row) => row.id)`;
  return (await shown?.driver.executeScript<string[]>(script)) ?? [];
}

async function asked(shown: Window | undefined): Promise<boolean> {
  const script = "return document.querySelector('[role=alertdialog]') !== null";
  return (await shown?.driver.executeScript<boolean>(script)) ?? false;
}

const page = async (shown: Window | undefined) => (await shown?.text("main")) ?? "";
const same = (one: string[], other: string[]) => one.join() === other.join();

function firstRunning(id: string): number {
  const found = place.job(id).events.find(({ body }) => body.event === "job" && body.state === "running");
  return found?.seq ?? Number.NaN;
}
