// The plug is pulled: the next start keeps what was finished, and delivers once.
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

/** Kills the window at work on a job that is half through. */
async function crashed(): Promise<string> {
  const [id = ""] = place.submit([place.master("long.mov", 48)]);
  window = await Window.open(place);
  await window.midway(id);
  await window.until("a worker is at work", () => (window?.workers().length ?? 0) > 0);
  const workers = window.workers();
  await window.kill();
  for (const worker of workers) {
    await expect
      .poll(() => lives(worker), { timeout: 10_000, message: "workers end with the window" })
      .toBe(false);
  }
  return id;
}

function deliveredOnce(id: string): void {
  const { job, steps, events } = place.job(id);
  expect(job.state).toBe("delivered");
  const recovered = events.flatMap(({ body }) => (body.event === "recovered" ? [body] : []));
  expect(recovered.length).toBe(1);
  expect(recovered[0]?.kept).toBeGreaterThan(0);
  for (const step of steps) {
    expect(step.attempts.filter((attempt) => attempt.outcome === "done").length, `step ${step.ord}`).toBe(1);
  }
  expect(frames(job.outputs[0]?.path ?? "")).toBe(1200);
  const [name = ""] = job.outputs.map((output) => output.path.split("/").at(-1));
  const stem = name.replace(/\.mp4$/, "");
  const receipts = ["html", "json"].map((ending) =>
    expect.stringMatching(new RegExp(`^receipts/${stem}.*\\.${ending}$`)),
  );
  expect(place.delivered()).toEqual([name, ...receipts]);
}

test("a window that is killed goes on from what was finished", async () => {
  place = new Place("crash", { workers: 1 });
  const id = await crashed();
  window = await Window.open(place);
  await window.until("the job is delivered", () => place.job(id).job.state === "delivered", 120_000);
  deliveredOnce(id);
  await window.says("Delivered");
});

test("what a killed window left is finished by the command line", async () => {
  place = new Place("crash cli", { workers: 1 });
  const id = await crashed();
  place.cli("run", "--until-idle");
  deliveredOnce(id);
});
