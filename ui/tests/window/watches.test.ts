// Folders that are watched, and others that are told, in the real window.
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { afterEach, expect, test } from "vitest";

import { drop } from "./kit/drop";
import { Listener } from "./kit/listener";
import { frames, Place } from "./kit/place";
import { Key, Window } from "./kit/window";

let place: Place;
let window: Window | undefined;
let listener: Listener | undefined;

afterEach(async (context) => {
  await window?.end();
  window = undefined;
  await listener?.close();
  listener = undefined;
  if (context.task.result?.state === "fail") place.keep(join(place.folder, "window.log"));
  place.remove();
});

const PROFILE = /MP4 for the web|web/i;
/** Seconds that a file must be still in these tests. */
const SETTLE = 2;

test("a folder dropped on the page is watched, and what arrives in it is delivered by itself", async () => {
  place = new Place("watches");
  const master = place.master("Harbour – final#2.mov", 3);
  const inbox = folder("in box – ü%#");
  window = await Window.open(place);
  const shown = window;

  await shown.press("Watch folders", "nav");
  await shown.says("No folder is watched");
  await shown.shot("watches-none");
  await drop(shown, [inbox], async () => {
    await shown.says("Drop folders to watch them");
    await shown.shot("watch-drop");
  });
  await shown.see("[role=dialog]");
  expect(await valueOf(shown, "Folder or s3://bucket/prefix")).toBe(inbox);
  await shown.press("Start watching", "[role=dialog]");
  await shown.says("Choose at least one profile.");
  await shown.press(PROFILE, "[role=dialog] .profiles");
  await type(shown, "Folder for the results", place.out);
  await shown.press("More options", "[role=dialog]");
  await type(shown, "Wait until unchanged for", String(SETTLE));
  await shown.shot("watch-form");
  await shown.press("Start watching", "[role=dialog]");
  await closed(shown);
  await shown.see("main [data-index]");
  await shown.says("Watching");
  expect(watched()).toMatchObject([
    { place: { path: inbox }, out_dir: place.out, settings: { settle_s: SETTLE, profiles: ["web-mp4"] } },
  ]);

  await (await shown.see("main [data-index]")).click();
  await shown.says("Nothing has arrived yet");

  // Half of it, as a copy over a network writes it: opened, written and closed again and again.
  const whole = readFileSync(master);
  const film = join(inbox, "Harbour – final#2.mov");
  const half = whole.length >> 1;
  let written = half;
  writeFileSync(film, whole.subarray(0, half));
  await shown.until("it is called growing", async () => {
    if (written + 512 < whole.length) appendFileSync(film, whole.subarray(written, (written += 512)));
    return /Still (growing|changing): /.test(await shown.text("main"));
  });
  await shown.shot("watch-growing");
  await row(shown, film, /Unchanged for|Structure and end|Incomplete:/);
  await row(shown, film, /Incomplete:/);
  expect(place.jobs(), "nothing is made of half a film").toEqual([]);
  await shown.shot("watch-incomplete");
  appendFileSync(film, whole.subarray(written));
  await row(shown, film, /^Delivered /, 120_000);
  expect(place.jobs()).toMatchObject([{ state: "delivered", source: film }]);
  expect(frames(place.jobs()[0]?.outputs[0]?.path ?? "")).toBe(75);

  // To its job, and back to its folder.
  await shown.press(/^Open .*, delivered$/, "main [data-index]");
  await shown.see("[role=tablist]");
  await shown.says("Harbour – final#2.mov");
  await shown.says("What was asked");
  await shown.press(/in box – ü%#/, "main");
  await row(shown, film, /^Delivered /);

  const copy = join(inbox, "Copy.mov");
  copyFileSync(master, copy);
  await row(shown, copy, /Same content as Harbour – final#2\.mov; not delivered again/);
  expect(place.jobs()).toHaveLength(1);
  await shown.shot("watch-skipped");
  await shown.press("Deliver again", "main [data-index]");
  await shown.until("there is a job of it", () => place.jobs().some((job) => job.source === copy));
  await row(shown, copy, /^Delivered /, 120_000);

  await shown.press("Pause", "main header");
  await status(shown, /^Paused/);
  expect(watched()).toMatchObject([{ state: { state: "paused" } }]);
  const later = join(inbox, "Later.mov");
  copyFileSync(place.master("later.mov", 1), later);
  // Another folder is watched meanwhile; by then this one would have been looked at as well.
  const other = folder("other");
  writeFileSync(join(other, "sign.mov"), "");
  place.cli("watch", "add", other, "-p", "web-mp4", "-o", place.out, "--settle", "1");
  await shown.until("the other folder is looked at", () => (watched()[1]?.counts["held"] ?? 0) > 0);
  expect(await shown.text("main")).not.toContain("Later.mov");
  await shown.press("Go on", "main header");
  await status(shown, /^Watching/);
  await row(shown, later, /^Delivered /, 120_000);

  const before = place.jobs().length;
  const away = `${inbox} away`;
  renameSync(inbox, away);
  await shown.press("Look now", "main header");
  await status(shown, /^Unreachable since/);
  await shown.says("The folder is not there.");
  await shown.says("Nothing is deleted or forgotten.");
  expect(watched()[0]?.state).toMatchObject({ state: "unreachable", why: { because: "missing" } });
  await row(shown, film, /^Delivered /);
  await shown.shot("watch-unreachable");
  copyFileSync(place.master("while away.mov", 1, "320x180"), join(away, "While away.mov"));
  renameSync(away, inbox);
  await status(shown, /^Watching/);
  await row(shown, join(inbox, "While away.mov"), /^Delivered /, 120_000);
  expect(place.jobs()).toHaveLength(before + 1);

  // Both pages and the command line say the same.
  await shown.press(/^Watch folders/, "nav");
  await shown.until("both folders are listed", async () => (await rows(shown)).length === 2);
  const [first] = watched();
  expect(first?.counts).toMatchObject({ delivered: 4, waiting: 0, failed: 0, skipped: 0 });
  await shown.until("the figures are the same", async () => {
    const found = (await rows(shown)).find((text) => text.includes(inbox)) ?? "";
    return found.replaceAll(/\s+/g, " ").includes(" 0 0 0 4 0 0 ");
  });
  await shown.shot("watches-list");

  await focusRow(shown, inbox);
  await shown.keys(Key.DELETE);
  await shown.press("Stop watching", "[role=dialog], [role=alertdialog]");
  await shown.until("it is watched no more", () => watched().length === 1);
  await shown.until("the page shows it", async () => (await rows(shown)).length === 1);
  expect(existsSync(film)).toBe(true);
  expect(place.jobs()).toHaveLength(before + 1);
});

test("what a sidecar asks for is in the queue and on the page of the job", async () => {
  place = new Place("sidecar", { workers: 1 });
  const inbox = folder("in");
  place.cli(
    "watch",
    "add",
    inbox,
    "-p",
    "web-mp4",
    "-o",
    place.out,
    "--settle",
    "1",
    "--sidecar",
    "required",
  );
  window = await Window.open(place);
  const shown = window;
  renameSync(place.master("A001.mov", 20), join(inbox, "A001.mov"));
  await shown.press("Watch folders", "nav");
  await (await shown.see("main [data-index]")).click();
  await row(shown, "A001.mov", /Waits for its sidecar job, A001\.spillway\.toml or \.json/);
  const due = new Date(Date.now() + 50 * 3_600_000);
  const words = [
    'title = "Harbour Stories 12"',
    `deadline = ${due.toISOString()}`,
    "[metadata]",
    'house_number = "HS-0012"',
  ];
  writeFileSync(join(inbox, "A001.mov.spillway.toml"), words.join("\n"));
  await shown.until("there is a job", () => place.jobs().length === 1);
  const [job] = place.jobs();
  if (!job) throw new Error("no job");
  place.cli("pause", job.id);

  await shown.press(/^Queue/, "nav");
  await shown.row(job.id);
  const line = `[data-job="${job.id}"]`;
  await shown.until("its deadline is shown", async () => /\bDue .*\d/.test(await shown.text(line)));
  await shown.shot("queue-deadline");
  await shown.focus(job.id);
  await shown.keys(Key.ENTER);
  await shown.see("[role=tablist]");
  await shown.says("Harbour Stories 12");
  await shown.says("Deadline");
  await shown.says("house_number");
  await shown.says("HS-0012");
  await shown.shot("job-asked");
  place.cli("resume", job.id);
  await shown.until("it is delivered", () => place.jobs()[0]?.state === "delivered", 120_000);
  await shown.says("On time");
  const output = place.jobs()[0]?.outputs[0]?.path ?? "";
  expect(output).toContain("Harbour Stories 12");
  expect(frames(output)).toBe(500);
});

test("a webhook is set up, tried, told of a delivery, and its secret is not in the page", async () => {
  place = new Place("channels");
  listener = await Listener.open();
  const heard = listener;
  const secret = "correct horse battery staple 4711";
  window = await Window.open(place);
  const shown = window;
  await shown.press("Settings", "nav");
  await shown.press("Notifications to others", "[role=tablist]");
  await shown.says("Nobody else is told yet");
  await shown.press("Add channel", "main");
  await shown.see("[role=dialog]");
  await type(shown, "Name", "Newsroom monitor");
  await type(shown, "Address", heard.url);
  await type(shown, "Signing secret", secret);
  await shown.shot("channel-form");
  await shown.press("Add channel", "[role=dialog]");
  await closed(shown);
  await shown.says("Newsroom monitor");
  await shown.says("Signed");

  await shown.press("Send a test", "main article");
  await shown.says("The test arrived: ");
  expect(heard.topics()).toEqual(["channel.test"]);
  expect(heard.messages.every((one) => one.genuine(secret))).toBe(true);
  await shown.shot("channel-tested");

  // Set, and nowhere to be seen: not in the form either.
  await shown.press("Edit Newsroom monitor", "main article");
  await shown.says("Set. It is never shown.");
  await shown.shot("channel-edit");
  expect(await everything(shown)).not.toContain("battery");
  await shown.press("Cancel", "[role=dialog]");
  await closed(shown);

  // Refused, and asked to wait for an hour.
  heard.refusing = true;
  place.submit([place.master("Harbour.mov", 2)]);
  await shown.until("it is delivered", () => place.jobs()[0]?.state === "delivered", 90_000);
  await shown.press("Delivery log", "[role=tablist]");
  await shown.until("the log has it", async () =>
    (await rows(shown)).some((text) => /Job delivered/.test(text) && /Waiting/.test(text)),
  );
  expect((await rows(shown)).some((text) => /Test/.test(text) && /Sent/.test(text))).toBe(true);
  await shown.until("somebody was refused", () => heard.refused > 0);
  await shown.shot("log-waiting");
  heard.refusing = false;
  await (await message(shown, "Job delivered")).click();
  await shown.press("Send again now", "[role=dialog]");
  await shown.until("it has arrived", () => heard.topics().includes("job.delivered"));
  await shown.says(/Taken at /);
  await shown.says(/\b200\b|\b204\b/);
  await shown.shot("log-message");
  const told = heard.messages.find((one) => one.topic === "job.delivered");
  expect(told?.genuine(secret)).toBe(true);
  expect(told?.body).toMatchObject({ job: { id: place.jobs()[0]?.id, state: "delivered" } });
  await shown.press("Close", "[role=dialog] footer, [role=dialog]");
  await closed(shown);
  await shown.until("the log says so", async () =>
    (await rows(shown)).some((text) => /Job delivered/.test(text) && /Sent/.test(text)),
  );
  expect(await everything(shown)).not.toContain("battery");
  expect(place.cli("notify", "list", "--json")).not.toContain("battery");
});

function folder(name: string): string {
  const path = join(place.folder, name);
  mkdirSync(path);
  return path;
}

interface Watched {
  place: { path: string };
  out_dir: string;
  settings: object;
  state: { state: string };
  counts: Record<string, number>;
}

/** Watched folders, as the command line has them. */
const watched = () => (JSON.parse(place.cli("watch", "list", "--json")) as { watches: Watched[] }).watches;

const field = (shown: Window, label: string) =>
  shown.driver.executeScript<import("selenium-webdriver").WebElement>(
    `for (const label of document.querySelectorAll("[role=dialog] label"))
       if (label.innerText.trim() === arguments[0] && label.htmlFor) return document.getElementById(label.htmlFor);
     throw new Error("no field " + arguments[0]);`,
    label,
  );

const valueOf = async (shown: Window, label: string) => (await field(shown, label)).getAttribute("value");

async function type(shown: Window, label: string, text: string): Promise<void> {
  const found = await field(shown, label);
  await found.clear();
  await found.sendKeys(text);
}

async function closed(shown: Window): Promise<void> {
  const open = "return document.querySelector('[role=dialog], [role=alertdialog]') !== null";
  await shown.until("the dialog is gone", async () => !(await shown.driver.executeScript<boolean>(open)));
}

/** What the lines of the list on the page say. */
const rows = (shown: Window) =>
  shown.driver.executeScript<string[]>(
    "return [...document.querySelectorAll('main [data-index]')].map((row) => row.innerText)",
  );

/** Until the line of a file says so, behind its name or at its begin. */
async function row(shown: Window, path: string, says: RegExp, within?: number): Promise<void> {
  const name = path.split("/").at(-1) ?? path;
  await shown.until(
    `${name}: ${says}`,
    async () => {
      const lines = (await rows(shown)).map((text) => text.replaceAll(/\s+/g, " "));
      return lines.some((text) => text.includes(` ${name} `) && says.test(text));
    },
    within,
  );
}

async function focusRow(shown: Window, path: string): Promise<void> {
  await shown.driver.executeScript(
    "[...document.querySelectorAll('main [data-index]')].find((row) => row.innerText.includes(arguments[0])).focus()",
    path,
  );
}

const message = (shown: Window, topic: string) =>
  shown.driver.executeScript<import("selenium-webdriver").WebElement>(
    "return [...document.querySelectorAll('main [data-index]')].find((row) => row.innerText.includes(arguments[0]))",
    topic,
  );

/** Until the folder that is shown says how it is. */
async function status(shown: Window, says: RegExp): Promise<void> {
  await shown.until(`the folder says ${says}`, async () =>
    says.test(await shown.text("main .facts [role=status]")),
  );
}

/** All that stands in the page: elements, what is typed, what it stores, what the shell says of channels. */
const everything = (shown: Window) =>
  shown.driver.executeAsyncScript<string>(
    `const done = arguments[0];
     const typed = [...document.querySelectorAll("input, textarea")].map((one) => one.value);
     globalThis.__TAURI_INTERNALS__.invoke("channels").then((channels) =>
       done(JSON.stringify([document.documentElement.outerHTML, typed, { ...localStorage }, { ...sessionStorage }, channels])));`,
  );
