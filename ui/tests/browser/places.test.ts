import { mkdirSync } from "node:fs";

import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { overflowing, violations } from "./axe";
import { launch, Window, type Looks } from "./window";

const SHOTS = new URL("./shots/", import.meta.url).pathname;

/** The queue waits for space. */
const HOLD = {
  why: { because: "space", folder: "/media/scratch/spillway", needed: 38_400_000_000, free: 6_120_000_000 },
  since_ms: Date.now() - 1_560_000,
  next_look_ms: Date.now() + 22_000,
};

interface View {
  /** How to get there from the queue. */
  reach: (window: Window) => Promise<unknown>;
  /** How to get back; absent: Escape closes it. */
  leave?: (window: Window) => Promise<unknown>;
}

const home = ({ page }: Window) => page.keyboard.press("Control+1");

async function toWatches(page: Page) {
  await page.keyboard.press("Control+3");
  await page.locator("main [role=grid] [data-index='4']").waitFor();
}

async function toSettings(page: Page, tab: number) {
  await page.keyboard.press("Control+6");
  await page.locator("main > section [role=tab]").nth(tab).click();
}

async function toJob(page: Page, name: string) {
  await page.keyboard.press("Control+K");
  await page.getByRole("combobox").fill(name);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.locator("main h1").waitFor();
}

/** Ticks a profile, which another view may have ticked before. */
async function tick(profiles: Locator, at: number) {
  await profiles.locator("input[type=checkbox]").nth(at).check({ force: true });
}

/** What is shown of the sheet is of what is ticked. */
async function tried(page: Page) {
  await page.locator("[role=dialog] .stale").first().waitFor({ state: "detached" });
  await page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== "running"));
}

/** Other views expect the settings as they are at first. */
async function leaveSettings(window: Window) {
  await toSettings(window.page, 0);
  await home(window);
}

const closeFirst = async (window: Window) => {
  await escape(window);
  await leaveSettings(window);
};

const VIEWS: Record<string, View> = {
  queue: { reach: home, leave: home },
  history: {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+2");
      await page.getByRole("grid").or(page.getByRole("table")).first().waitFor();
    },
    leave: home,
  },
  profiles: {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+4");
      await page.locator("main h1").waitFor();
    },
    leave: home,
  },
  watches: {
    reach: ({ page }) => toWatches(page),
    leave: home,
  },
  watch: {
    reach: async ({ page }) => {
      await toWatches(page);
      await page.locator("main [role=grid] [data-index='0']").click();
      await page.locator("main [role=grid] [data-index='6']").waitFor();
    },
    leave: home,
  },
  unreachable: {
    reach: async ({ page }) => {
      await toWatches(page);
      await page.locator("main [role=grid] [data-index='2']").click();
      await page.locator("main .facts .held").waitFor();
    },
    leave: home,
  },
  "watch-form": {
    reach: async ({ page }) => {
      await toWatches(page);
      await page.keyboard.press("Control+N");
      await page.getByRole("dialog").locator("input[type=checkbox]").nth(4).waitFor();
      await page.getByRole("dialog").locator("button[type=submit]").click();
      await page.getByRole("alert").waitFor();
    },
  },
  "watch-hours": {
    reach: async ({ page }) => {
      await toWatches(page);
      await page.locator("main [role=grid] [data-index='3']").click();
      await page.locator("main .facts").waitFor();
      await page.keyboard.press("Control+E");
      await page.getByRole("dialog").locator(".week").scrollIntoViewIfNeeded();
    },
    leave: async (window) => {
      await escape(window);
      await home(window);
    },
  },
  "watch-remove": {
    reach: async ({ page }) => {
      await toWatches(page);
      await page.locator("main [role=grid] [data-index='0']").focus();
      await page.keyboard.press("Delete");
      await page.getByRole("alertdialog").waitFor();
    },
  },
  settings: {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+6");
      await page.locator("#settings-checks li").first().waitFor();
    },
    leave: home,
  },
  costs: {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+5");
      await page.locator("#costs-spend [role=slider]").waitFor();
    },
    leave: home,
  },
  "costs-read": {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+5");
      await page.locator("#costs-spend [role=slider]").focus();
      await page.keyboard.press("ArrowLeft");
      await page.locator("#costs-spend .lit").waitFor();
    },
    leave: home,
  },
  "costs-span": {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+5");
      await page.locator("main header button").first().click();
      await page.locator(".span-box").waitFor();
    },
    leave: async (window) => {
      await window.page.keyboard.press("Escape");
      await window.page.locator(".span-box").waitFor({ state: "detached" });
      await home(window);
    },
  },
  "costs-bucket": {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+5");
      await page.locator("#costs-bucket button").first().click();
      await page.locator("#costs-bucket table").waitFor();
      await page.locator("main .foot").scrollIntoViewIfNeeded();
    },
    leave: home,
  },
  cloud: {
    reach: async ({ page }) => {
      await toSettings(page, 1);
      await page.locator("#settings-setup .known button").last().click();
      await page.locator("#settings-setup li.fine").nth(9).waitFor();
    },
    leave: leaveSettings,
  },
  "cloud-figures": {
    reach: async ({ page }) => {
      await toSettings(page, 1);
      await page.locator("#settings-connection .advanced button").click();
      const month = page.locator("#settings-budget input").first();
      await month.fill("a lot");
      await month.press("Enter");
      await page.getByRole("alert").waitFor();
    },
    leave: leaveSettings,
  },
  channels: {
    reach: async ({ page }) => {
      await toSettings(page, 2);
      const broker = page.locator("main article").nth(1);
      await broker.locator(".actions button").first().click();
      await broker.getByRole("status").locator("button").waitFor();
    },
    leave: leaveSettings,
  },
  "channel-form": {
    reach: async ({ page }) => {
      await toSettings(page, 2);
      await page.locator("main header button").last().click();
      const dialog = page.getByRole("dialog");
      await dialog.locator("label").nth(1).click();
      await dialog.locator("button[type=submit]").click();
      await dialog.locator("[aria-invalid=true]").first().waitFor();
    },
    leave: closeFirst,
  },
  "channel-secret": {
    reach: async ({ page }) => {
      await toSettings(page, 2);
      await page.locator("main article h3 button").first().click();
      await page.getByRole("dialog").locator(".stored").waitFor();
    },
    leave: closeFirst,
  },
  "delivery-log": {
    reach: async ({ page }) => {
      await toSettings(page, 3);
      await page.locator("main [role=grid] [data-index='6']").waitFor();
    },
    leave: leaveSettings,
  },
  message: {
    reach: async ({ page }) => {
      await toSettings(page, 3);
      await page.locator("main [role=grid] [data-index] .many").first().click();
      await page.getByRole("dialog").locator("table").waitFor();
    },
    leave: closeFirst,
  },
  held: {
    reach: async (window) => {
      await home(window);
      await window.tell({ type: "hold", hold: HOLD });
      await window.page.locator(".hold").waitFor();
    },
    leave: async (window) => {
      await window.tell({ type: "hold", hold: null });
      await window.page.locator(".hold").waitFor({ state: "detached" });
    },
  },
  job: {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+K");
      await page.getByRole("combobox").fill("Northlight");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.locator("main h1").waitFor();
    },
    leave: home,
  },
  receipt: {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+K");
      await page.getByRole("combobox").fill("Harbour Stories 11");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.getByRole("tab").nth(2).click();
      await page.getByRole("tabpanel").last().waitFor();
    },
    leave: home,
  },
  "cloud-job": {
    reach: async ({ page }) => {
      await toJob(page, "Special_Storm");
      await page.locator("main .key .chunk").first().waitFor();
    },
    leave: home,
  },
  "cloud-charges": {
    reach: async ({ page }) => {
      await toJob(page, "Special_Storm");
      await page.getByRole("tab").nth(2).click();
      await page.locator("main table").nth(1).waitFor();
    },
    leave: home,
  },
  template: {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+4");
      await page.locator("main header button[aria-haspopup=menu]").first().click();
      await page.getByRole("menuitem").nth(1).click();
      await page.getByRole("dialog").locator("li").first().waitFor();
    },
    leave: async (window) => {
      await escape(window);
      await home(window);
    },
  },
  editor: {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+4");
      await page.locator("article header button").first().click();
      await page.locator(".cm-content").waitFor();
    },
    leave: async ({ page }) => {
      await page.getByRole("button", { name: /^(Back|返回)$/ }).click();
      await page.locator(".cm-content").waitFor({ state: "detached" });
      await page.keyboard.press("Control+1");
    },
  },
  select: {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+6");
      await page.locator("#settings-engine .select-trigger").first().click();
      await page.getByRole("option").first().waitFor();
    },
    leave: async (window) => {
      await window.page.keyboard.press("Escape");
      await window.page.getByRole("option").first().waitFor({ state: "detached" });
      await home(window);
    },
  },
  menu: {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+4");
      await page.locator("article header button[aria-haspopup=menu]").click();
      await page.getByRole("menuitem").first().waitFor();
    },
    leave: async (window) => {
      await window.page.keyboard.press("Escape");
      await window.page.getByRole("menuitem").first().waitFor({ state: "detached" });
      await home(window);
    },
  },
  palette: {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+K");
      await page.getByRole("option").first().waitFor();
    },
  },
  shortcuts: {
    reach: async ({ page }) => {
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
    },
  },
  closing: {
    reach: async (window) => {
      await window.tell({ type: "closing", running: 2, queued: 3 });
      await window.page.getByRole("alertdialog").waitFor();
    },
  },
  drop: {
    reach: async (window) => {
      await window.tell({ type: "hover", files: 3 });
      await window.page.locator(".overlay").waitFor();
    },
    leave: async (window) => {
      await window.tell({ type: "hover", files: 0 });
      await window.page.locator(".overlay").waitFor({ state: "detached" });
    },
  },
  sheet: {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+O");
      await page.getByRole("dialog").waitFor();
    },
  },
  "sheet-engines": {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+O");
      const profiles = page.getByRole("dialog").locator("section").nth(1);
      await tick(profiles, 0);
      await profiles.locator(".engines").first().waitFor();
      await profiles.locator("button[aria-expanded]").first().click();
      await profiles.locator(".offers button[aria-expanded]").first().click();
      await profiles.locator(".lines").first().scrollIntoViewIfNeeded();
      await tried(page);
    },
  },
  "sheet-cloud": {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+O");
      const dialog = page.getByRole("dialog");
      await tick(dialog.locator("section").nth(1), 1);
      await dialog.locator("footer [role=radiogroup] label").nth(2).click();
      await dialog.locator("footer .said .warn").waitFor();
      await tried(page);
    },
    // The next sheet begins with the engine of this one.
    leave: async (window) => {
      await window.page.getByRole("dialog").locator("footer [role=radiogroup] label").first().click();
      await escape(window);
    },
  },
  "sheet-deadline": {
    reach: async ({ page }) => {
      await page.keyboard.press("Control+O");
      await page.getByRole("dialog").locator("footer .due button").first().click();
      await page.getByRole("grid").last().waitFor();
    },
    leave: async (window) => {
      await window.page.keyboard.press("Escape");
      await window.page.locator(".due-box").waitFor({ state: "detached" });
      await escape(window);
    },
  },
};

const LOOKS: Looks[] = [
  { language: "en", appearance: "light" },
  { language: "en", appearance: "dark" },
  { language: "zh-CN", appearance: "light" },
  { language: "zh-CN", appearance: "dark" },
  { language: "en", appearance: "light", contrast: "high" },
];

let browser: Browser;
beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await launch();
});
afterAll(() => browser.close());

describe.each(LOOKS)("in $language, $appearance $contrast", (looks) => {
  let window: Window | undefined;
  afterAll(() => window?.close());

  it.each(Object.entries(VIEWS))("%s", async (name, view) => {
    // One window for all, a fresh one after a failure.
    const mine = window ?? (await Window.open(browser, looks));
    window = undefined;
    await view.reach(mine);
    await settled(mine);
    const { language, appearance, contrast = "" } = looks;
    await mine.page.screenshot({ path: `${SHOTS}${name}-${language}-${appearance}${contrast}.png` });
    expect.soft(await violations(mine.page), "accessibility").toEqual([]);
    expect.soft(await overflowing(mine.page), "sideways").toEqual([]);
    expect.soft(mine.faults.splice(0), "faults").toEqual([]);
    await (view.leave ?? escape)(mine);
    window = mine;
  });
});

it("shows an empty queue", async () => {
  const window = await Window.open(browser, { fake: ["empty"] });
  await settled(window);
  await window.page.screenshot({ path: `${SHOTS}empty-en-light.png` });
  expect.soft(await violations(window.page)).toEqual([]);
  expect.soft(window.faults).toEqual([]);
  await window.close();
});

it("shows that no folder is watched", async () => {
  const window = await Window.open(browser, { fake: ["empty"] });
  await window.page.keyboard.press("Control+3");
  await window.page.locator("main .empty").waitFor();
  await window.page.screenshot({ path: `${SHOTS}watches-empty-en-light.png` });
  expect.soft(await violations(window.page)).toEqual([]);
  expect.soft(window.faults).toEqual([]);
  await window.close();
});

it("shows that nothing was spent, and a cloud that is not set up", async () => {
  const window = await Window.open(browser, { fake: ["costs=none", "cloud=none", "setup=credentials"] });
  const { page } = window;
  await page.keyboard.press("Control+5");
  await page.locator("main .empty").waitFor();
  await page.screenshot({ path: `${SHOTS}costs-empty-en-light.png` });
  expect.soft(await violations(page)).toEqual([]);
  await page.locator("main .empty button").click();
  await page.locator("#settings-setup input").first().fill("studio-spillway");
  await page.keyboard.press("Enter");
  await page.locator("#settings-setup li.missing").waitFor();
  await page.screenshot({ path: `${SHOTS}cloud-missing-en-light.png` });
  expect.soft(await violations(page)).toEqual([]);
  expect.soft(await overflowing(page), "sideways").toEqual([]);
  expect.soft(window.faults).toEqual([]);
  await window.close();
});

async function escape({ page }: Window) {
  await page.keyboard.press("Escape");
  await page.locator("[role=dialog], [role=alertdialog]").waitFor({ state: "detached" });
}

/** Two frames without skeletons: everything asked for has been drawn. */
async function settled({ page }: Window) {
  await page.waitForFunction(() => !document.querySelector("[aria-busy=true], .skeleton"));
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}
