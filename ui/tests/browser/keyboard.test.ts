import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { launch, Window } from "./window";

let browser: Browser;
beforeAll(async () => void (browser = await launch()));
afterAll(() => browser.close());

const heading = (page: Page) => page.locator("main h1");

/** Presses Tab until the focus is on something that fits. */
async function tabTo(page: Page, fits: (page: Page) => Promise<boolean>, most = 60) {
  for (let i = 0; i < most; i++) {
    if (await fits(page)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("The keyboard does not get there.");
}

const focused =
  (selector: string) =>
  (page: Page): Promise<boolean> =>
    page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);

it("goes through the places, into a job and back without a mouse", async () => {
  const window = await Window.open(browser, { width: 1280, height: 820 });
  const { page } = window;
  await page.keyboard.press("Control+K");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.type("hist");
  await page.keyboard.press("Enter");
  await expect.poll(() => heading(page).textContent()).toBe("History");

  await tabTo(page, focused("main [role=row], main [role=grid], main [role=listbox], main [role=option]"));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect.poll(() => heading(page).textContent()).not.toBe("History");
  await page.keyboard.press("Alt+ArrowLeft");
  await expect.poll(() => heading(page).textContent()).toBe("History");
  expect(window.faults).toEqual([]);
  await window.close();
});

it("starts a delivery without a mouse", async () => {
  const window = await Window.open(browser, { width: 1280, height: 820 });
  const { page } = window;
  await page.keyboard.press("Control+O");
  const sheet = page.getByRole("dialog");
  await sheet.waitFor();
  await tabTo(page, focused("[role=dialog] input[type=checkbox]:not(:checked)"));
  await page.keyboard.press("Space");
  const start = sheet.getByRole("button", { name: /^Start/ });
  await expect.poll(() => start.isEnabled()).toBe(true);
  await tabTo(page, () => start.evaluate((button) => button === document.activeElement));
  await page.keyboard.press("Enter");
  await sheet.waitFor({ state: "detached" });
  expect(await window.calls()).toContain("start");
  expect(window.faults).toEqual([]);
  await window.close();
});

it("opens and closes every dialog of the shell, and gives the focus back", async () => {
  const window = await Window.open(browser);
  const { page } = window;
  await tabTo(page, focused("nav button[aria-current=page]"));
  for (const keys of ["Control+K", "?"]) {
    await page.keyboard.press(keys);
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await expect.poll(() => focused("nav button[aria-current=page]")(page)).toBe(true);
  }
  await window.tell({ type: "closing", running: 1, queued: 0 });
  await page.getByRole("alertdialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("alertdialog").waitFor({ state: "detached" });
  expect(await window.calls()).toContain("close");
  expect(window.faults).toEqual([]);
  await window.close();
});

it("asks before changes of a profile are given up, by going elsewhere or by closing", async () => {
  const window = await Window.open(browser, { width: 1280, height: 820 });
  const { page } = window;
  await page.keyboard.press("Control+4");
  await page.locator("article header button").first().click();
  await page.locator(".cm-content").click();
  await page.keyboard.type("#");
  const asked = page.getByRole("alertdialog");

  await page.keyboard.press("Control+2");
  await asked.waitFor();
  await page.keyboard.press("Escape");
  await asked.waitFor({ state: "detached" });
  expect(await page.locator(".cm-content").isVisible()).toBe(true);

  await window.tell({ type: "closing", running: 0, queued: 0 });
  await asked.getByRole("button", { name: "Discard and quit" }).waitFor();
  await page.keyboard.press("Escape");
  await asked.waitFor({ state: "detached" });
  expect(await window.calls()).toContain("set_unsaved");

  await page.keyboard.press("Control+2");
  await asked.getByRole("button", { name: "Discard", exact: true }).click();
  await expect.poll(() => heading(page).textContent()).toBe("History");
  await page.keyboard.press("Control+4");
  await expect.poll(() => heading(page).textContent()).toBe("Profiles");
  expect(window.faults).toEqual([]);
  await window.close();
});
