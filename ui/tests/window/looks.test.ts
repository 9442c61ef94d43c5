// Every place in the real webview, in both languages, light and dark: pictures to look at, and what they show.
import { once } from "node:events";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { Listener } from "./kit/listener";
import { Place } from "./kit/place";
import { Key, Window } from "./kit/window";

let place: Place;
let window: Window;
let jobs: { delivered: string; long: string };

beforeAll(async () => {
  place = new Place("looks");
  const masters = ["Harbour_Final_v7.mov", "Lighthouse – Trailer.mov"].map((name) => place.master(name, 4));
  const [delivered = ""] = place.submit([masters[0] ?? ""], "web-mp4");
  const broken = join(place.masters, "Reel 3 (copy).mov");
  writeFileSync(broken, "");
  place.submit([broken], "youtube");
  const listener = await Listener.open();
  place.cli("notify", "add", "Newsroom monitor", "--webhook", listener.url);
  place.cli("notify", "add", "Chat of the night shift", "--webhook", "http://127.0.0.1:9/hook");
  watchFolders(masters[0] ?? "");
  // Beside this process, which has to answer.
  const [code] = (await once(place.start("run", "--until-idle", "--workers", "2"), "exit")) as [number];
  expect(code).toBeLessThan(2);
  await listener.close();
  const held = place.submit([masters[1] ?? "", place.master("Documentary.mov", 60, "1280x720")], "apple-hls");
  for (const id of held) place.cli("pause", id);
  jobs = { delivered, long: held[1] ?? "" };
  window = await Window.open(place);
  await window.row(delivered);
}, 180_000);

afterAll(async () => {
  await window?.end();
  place.remove();
});

test("the checks know who works through the queue", async () => {
  await go("Settings");
  await window.says("This window runs the queue.");
  expect(await window.text("main")).not.toContain("Another Spillway");
});

test("the language changes without a reload", async () => {
  await window.driver.executeScript("globalThis.stillThePage = true");
  await go("Settings");
  await window.press("简体中文", "main");
  await window.until("the sidebar is Chinese", async () => /队列/.test(await window.text("nav")));
  expect(await window.driver.executeScript("return document.documentElement.lang")).toBe("zh-CN");
  await window.press("English", "main");
  await window.until("the sidebar is English", async () => /Queue/.test(await window.text("nav")));
  expect(await window.driver.executeScript("return globalThis.stillThePage")).toBe(true);
});

const LANGUAGES = ["en", "zh-CN"];
const THEMES = ["light", "dark"] as const;

for (const [language, locale] of LANGUAGES.entries()) {
  for (const [at, theme] of THEMES.entries()) {
    test(`every place in ${locale}, ${theme}`, async () => {
      await go(5);
      await window.see("#settings-appearance [role=radiogroup]");
      // Not with the pointer: the checks above come in while it is on its way.
      const choose = (group: number, option: number) =>
        window.driver.executeScript(
          "document.querySelectorAll('#settings-appearance [role=radiogroup]')[arguments[0]].querySelectorAll('input')[arguments[1]].click()",
          group,
          option,
        );
      await choose(1, language + 1);
      await choose(0, at + 1);
      await window.until(
        "it looks as wished",
        async () =>
          (await window.driver.executeScript<string>(
            "return document.documentElement.lang + ' ' + getComputedStyle(document.documentElement).colorScheme",
          )) === `${locale} ${theme}`,
      );
      const shot = async (name: string) => {
        await settled();
        await window.shot(`${name}.${locale}.${theme}`);
        expect(await problems(), `${name} in ${locale}, ${theme}`).toEqual([]);
      };
      await shot("settings");
      await tab(1);
      await window.see("#settings-setup input");
      await shot("cloud");
      await tab(2);
      await window.see("main article");
      await shot("channels");
      await window.press(/Newsroom monitor/, "main article");
      await window.see("[role=dialog] form");
      await shot("channel-form");
      await window.keys(Key.ESCAPE);
      await window.until("the form is gone", async () => (await window.text("[role=dialog]")) === "");
      await tab(3);
      await (await window.see("main [data-index]")).click();
      await window.see("[role=dialog] pre");
      await shot("message");
      await window.keys(Key.ESCAPE);
      await window.until("the message is gone", async () => (await window.text("[role=dialog]")) === "");
      await shot("messages");
      await tab(0);
      await go(0);
      await shot("queue");
      await go(1);
      await window.see("main [data-line], main [role=row]");
      await shot("history");
      // The table ends where the page's other things end, however wide a scrollbar is.
      const edges = await window.driver.executeScript<number[]>(
        "return [...document.querySelectorAll('main header button, main [data-index], main .placed')].map((one) => Math.round(one.getBoundingClientRect().right))",
      );
      expect(Math.max(...edges)).toBeLessThanOrEqual(1280 - 16);
      await go(2);
      await window.see("main [data-index]");
      await shot("watches");
      await (await window.see("main [data-index]")).click();
      await window.see("main .facts");
      await window.see("main [data-index]");
      await shot("watch");
      await window.press(/^(Edit…|编辑…)$/, "main");
      await window.see("[role=dialog] .profiles label");
      await shot("watch-form");
      await window.keys(Key.ESCAPE);
      await window.until("the form is gone", async () => (await window.text("[role=dialog]")) === "");
      await go(3);
      await window.see("main h2");
      await shot("profiles");
      await go(4);
      await window.see("main .empty button");
      await shot("costs");

      await go(0);
      await window.focus(jobs.delivered);
      await window.keys(Key.ENTER);
      await window.see("[role=tablist]");
      for (const [at, name] of ["overview", "outputs", "receipt", "log"].entries()) {
        await tab(at);
        await shot(`job-${name}`);
      }

      await go(3);
      await window.press(/^(Edit|编辑)$/, "main");
      await window.see("main .cm-content");
      await shot("editor");
      await window.press(/^(Close|Back|Cancel|关闭|返回|取消)$/, "main");

      await go(0);
      await invoke("run_again", { jobs: [jobs.delivered] });
      await window.see("[role=dialog] .profile");
      await window.until("the file is looked at", async () => /640/.test(await window.text("[role=dialog]")));
      await shot("sheet");
      await window.keys(Key.ESCAPE);
      await window.until("the sheet is gone", async () => (await window.text("[role=dialog]")) === "");

      // Only work in flight is asked about.
      place.cli("resume", jobs.long);
      await window.until("it is at work", () => window.workers().length > 0);
      window.close();
      await window.see("[role=alertdialog]");
      await shot("closing");
      await window.keys(Key.ESCAPE);
      await window.until(
        "the question is gone",
        async () => (await window.text("[role=alertdialog]")) === "",
      );
      place.cli("pause", jobs.long);
      await window.until("it is held", () => window.workers().length === 0);
    });
  }
}

/** To a place, by its name or by its number in the sidebar. */
async function go(place: string | number): Promise<void> {
  if (typeof place === "string") return window.press(place, "nav");
  await window.driver.executeScript("document.querySelectorAll('nav button')[arguments[0]].click()", place);
}

/** To a tab of the place, by its number. */
async function tab(at: number): Promise<void> {
  await window.driver.executeScript("document.querySelectorAll('[role=tab]')[arguments[0]].click()", at);
}

/** A folder with a file of each kind that stays as it is, and one that is not there. */
function watchFolders(master: string): void {
  const inbox = join(place.folder, "Evening news – masters");
  const gone = join(place.folder, "Sports");
  for (const folder of [join(inbox, "day 1"), gone]) mkdirSync(folder, { recursive: true });
  for (const name of ["Late news.mov", "day 1/Late news (copy).mov"]) copyFileSync(master, join(inbox, name));
  writeFileSync(join(inbox, "Weather.mov"), "");
  writeFileSync(join(inbox, "Notes.mov"), "only words");
  for (const folder of [inbox, gone])
    place.cli("watch", "add", folder, "-p", "web-mp4", "-p", "youtube", "-o", place.out, "--settle", "1");
  rmSync(gone, { recursive: true });
}

async function invoke(command: string, what: object): Promise<void> {
  const script = "return globalThis.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1])";
  await window.driver.executeScript(script, command, what);
}

/** Until pictures are there, nothing moves and nothing is being fetched. */
async function settled(): Promise<void> {
  const script = `return document.fonts.status === "loaded" && [...document.images].every((image) => image.complete) &&
    !document.querySelector("[aria-busy=true]") &&
    document.getAnimations().every((one) => one.playState !== "running" || one.effect?.getTiming().iterations === Infinity)`;
  await window.until("the page has come to rest", () => window.driver.executeScript<boolean>(script));
}

/** What is cut off, sticks out of the window, or is a picture that did not come. */
async function problems(): Promise<string[]> {
  return window.driver.executeScript<string[]>(`
    const found = [];
    if (document.documentElement.scrollWidth > innerWidth) found.push("the page is wider than the window");
    for (const image of document.images) if (!image.naturalWidth) found.push("no picture: " + image.src);
    for (const button of document.querySelectorAll("button")) {
      if (!button.checkVisibility()) continue;
      const box = button.getBoundingClientRect();
      if (box.right > innerWidth + 1) found.push("sticks out: " + (button.ariaLabel ?? button.innerText));
      if (button.scrollWidth > button.clientWidth + 2 && getComputedStyle(button).overflowX !== "visible")
        found.push("cut off: " + button.innerText);
    }
    return found;`);
}
