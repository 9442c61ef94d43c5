// The main way through the window: drop, look, tick, start, watch, check, find again.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, expect, test } from "vitest";

import { drop } from "./kit/drop";
import { frames, Place } from "./kit/place";
import { Window } from "./kit/window";

let place: Place;
let window: Window | undefined;

afterEach(async (context) => {
  await window?.end();
  window = undefined;
  if (context.task.result?.state === "fail") place.keep(join(place.folder, "window.log"));
  place.remove();
});

test("masters dropped on the window are delivered, proven and found again", async () => {
  place = new Place("delivery");
  const master = place.master("Harbour – 100% final#2.mov", 20);
  const note = join(place.masters, "not a film.mov");
  writeFileSync(note, "only words");
  window = await Window.open(place);
  await window.says("Make every file your partners ask for");

  await drop(window, [master, note], async () => {
    await window?.says(/2 files/i);
    await window?.shot("drop-held");
  });
  await window.see("[role=dialog]");
  await window.says("Harbour – 100% final#2.mov");
  // Facts come from the file itself, and the other one is refused in words without being in the way.
  await window.says(/640\s*×\s*360/);
  await window.says(/not a media file|is no media file|not a film\.mov/i);

  await (await window.named(/MP4 for the web|web/i, "[role=dialog] .profile")).click();
  await window.says(/Harbour – 100% final#2.*\.mp4|1 output/);
  await window.shot("sheet");
  await window.until(
    "Start can be pressed",
    async () => (await window?.named("Start", "[role=dialog]"))?.isEnabled() ?? false,
  );
  await window.press("Start", "[role=dialog]");

  const row = await window.see("[data-job]");
  expect(await row.getAttribute("aria-label")).toContain("Harbour – 100% final#2.mov");
  await window.see("[data-job] [role=img][aria-label*='segments done']");
  await window.shot("queue-at-work");
  await window.until(
    "the job is delivered",
    () => place.jobs().some((job) => job.state === "delivered"),
    120_000,
  );

  const job = place.jobs().find((one) => one.state === "delivered");
  expect(frames(job?.outputs[0]?.path ?? "")).toBe(500);

  await window.until("the queue says so", async () => /Delivered/.test((await window?.text("main")) ?? ""));
  await window.driver.executeScript("document.querySelector('[data-job]').focus()");
  await window.keys("\uE007");
  await window.press("Receipt", "[role=tablist]");
  await window.says("All rules met");
  await window.shot("receipt");
  await window.press(/^Outputs/, "[role=tablist]");
  await window.until("a frame of the output is shown", () =>
    pictureShown(window, "preview://localhost/output/"),
  );
  await window.shot("outputs");

  await window.press("History", "nav");
  const search = await window.see("main input");
  await search.sendKeys("final#2");
  await window.says("Harbour – 100% final#2.mov");
  await search.clear();
  await search.sendKeys("no such master");
  await window.until(
    "nothing is found",
    async () => !((await window?.text("main")) ?? "").includes("Harbour"),
  );
});

test("the sample is made and delivered in one press", async () => {
  place = new Place("sample");
  window = await Window.open(place);
  await window.press("Deliver a sample");
  await window.see("[data-job]", 90_000);
  await window.until("it is delivered", () => place.jobs()[0]?.state === "delivered", 180_000);
  expect(frames(place.jobs()[0]?.outputs[0]?.path ?? "")).toBe(500);
});

test("a job that failed says why, and goes on after the cause is gone", async () => {
  place = new Place("failing");
  const master = place.master("broken.mov", 6);
  window = await Window.open(place, [master]);
  await window.says("broken.mov");
  await (await window.named(/MP4 for the web|web/i, "[role=dialog] .profile")).click();
  await window.until(
    "Start can be pressed",
    async () => (await window?.named("Start", "[role=dialog]"))?.isEnabled() ?? false,
  );
  // Cut off between the look and the start.
  writeFileSync(master, "");
  await window.press("Start", "[role=dialog]");

  await window.says("Needs attention");
  await window.says(/empty/i);
  await window.shot("needs-attention");
  place.master("broken.mov", 6);
  await window.press(/^Retry/, "[data-job]");
  await window.until("the job is delivered", () => place.jobs()[0]?.state === "delivered", 90_000);
  await window.until(
    "nothing needs attention",
    async () => !((await window?.text("main")) ?? "").includes("Needs attention"),
  );
  expect(frames(place.jobs()[0]?.outputs[0]?.path ?? "")).toBe(150);
});

/** Whether a picture from this address was really decoded. */
async function pictureShown(shown: Window | undefined, start: string): Promise<boolean> {
  const script = `return [...document.images].some((image) => image.src.startsWith(arguments[0]) && image.naturalWidth > 0)`;
  return (await shown?.driver.executeScript<boolean>(script, start)) ?? false;
}
