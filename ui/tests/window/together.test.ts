// Window and command line on one data folder, and a second start of the window.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { afterEach, expect, test } from "vitest";

import { APP, frames, Place } from "./kit/place";
import { Window } from "./kit/window";

let place: Place;
let window: Window | undefined;
const beside: ChildProcess[] = [];

afterEach(async (context) => {
  for (const child of beside.splice(0)) await ended(child, "SIGKILL");
  await window?.end();
  window = undefined;
  if (context.task.result?.state === "fail") place.keep(join(place.folder, "window.log"));
  place.remove();
});

const stateOf = (id: string) => place.job(id).job.state;

test("what the command line submits is in the window, which does the work", async () => {
  place = new Place("window works", { workers: 1 });
  const master = place.master("from afar.mov", 48);
  window = await Window.open(place);
  await window.says("Ready for masters");

  const began = Date.now();
  const [id = ""] = place.submit([master]);
  const submitted = Date.now();
  await window.row(id);
  const seen = Date.now();
  console.log(
    `in the window ${seen - began} ms after the command began, ${seen - submitted} ms after it ended`,
  );
  expect(seen - submitted).toBeLessThan(10_000);

  await window.midway(id);
  const run = begun("run", "--until-idle");
  await run.says("Another Spillway works through this queue");
  await window.until("the job is delivered", () => stateOf(id) === "delivered", 120_000);
  expect(await run.code()).toBe(0);
  expect(place.job(id).steps.flatMap((step) => step.attempts.map((one) => one.outcome))).not.toContain(
    "interrupted",
  );
  expect(frames(place.job(id).job.outputs[0]?.path ?? "")).toBe(1200);
});

test("where the command line works the window follows, steers, and takes over", async () => {
  place = new Place("cli works", { workers: 1 });
  const [id = ""] = place.submit([place.master("long.mov", 48)]);
  const run = begun("run");
  await expect.poll(() => stateOf(id), { timeout: 30_000 }).toBe("running");
  window = await Window.open(place);
  await window.says("Another Spillway works through this queue");
  await window.see(".banner[role=status]");

  // Segments fill while it watches.
  await window.midway(id);
  const first = (await window.map(id))?.done ?? 0;
  await window.until("another segment is done", async () => ((await window?.map(id))?.done ?? 0) > first);
  expect(window.workers(), "nothing is done twice").toEqual([]);

  await window.press("Pause", `[data-job="${id}"]`);
  const atWork = () => place.job(id).steps.filter((step) => step.state === "running").length;
  await window.until("the command line holds", () => atWork() === 0);
  await window.says(/Paused · \d+ of 12/);
  await window.press("Resume", `[data-job="${id}"]`);
  await window.until("the command line goes on", () => atWork() > 0);

  await ended(run.child, "SIGKILL");
  await window.says("Delivering here");
  await window.until(
    "the banner is gone",
    async () => !((await window?.text("main")) ?? "").includes("Another Spillway"),
  );
  await window.until("the job is delivered", () => stateOf(id) === "delivered", 120_000);
  expect(place.job(id).events.filter((event) => event.body.event === "recovered").length).toBe(1);
  expect(frames(place.job(id).job.outputs[0]?.path ?? "")).toBe(1200);
});

test("a second start hands its files to the first window", async () => {
  place = new Place("second", { bus: true });
  const master = place.master("second.mov", 2);
  window = await Window.open(place);
  await window.says("Make every file your partners ask for");

  // Counted from the folder it is started in.
  const second = spawn(APP, ["--data-dir", place.data, "second.mov"], {
    cwd: place.masters,
    env: place.variables,
    stdio: "ignore",
  });
  beside.push(second);
  const [code] = (await once(second, "exit")) as [number | null];
  expect(code).toBe(0);
  await window.see("[role=dialog]");
  await window.says("second.mov");
  await window.says(/640\s*×\s*360/);
  expect(window.alive()).toBe(true);
  expect(master).toContain(place.masters);
});

/** The command line at work, and what it says. */
function begun(...args: string[]) {
  const child = place.start(...args);
  beside.push(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (text: Buffer) => (said += text.toString()));
  return {
    child,
    says: (text: string) => expect.poll(() => said, { timeout: 30_000 }).toContain(text),
    code: async () => {
      if (child.exitCode === null) await once(child, "exit");
      return child.exitCode;
    },
  };
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, "exit");
}
