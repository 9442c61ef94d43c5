import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { launch, Window } from "./window";

let browser: Browser;
beforeAll(async () => void (browser = await launch()));
afterAll(() => browser.close());

const rows = (page: Page) => page.locator("main [role=grid] [data-index]");

async function open(fake: string[] = []) {
  const window = await Window.open(browser, { width: 1280, height: 820, fake });
  await window.page.keyboard.press("Control+3");
  await rows(window.page).first().waitFor();
  return window;
}

/** What the shell was last told that dropped folders are for. */
const purpose = (page: Page) =>
  page.evaluate(() => {
    const { calls } = (
      globalThis as unknown as { spillway: { calls: { command: string; args: { purpose?: string } }[] } }
    ).spillway;
    return calls.findLast((one) => one.command === "set_drop")?.args.purpose;
  });

it("adds, edits, pauses and removes a folder without a mouse", async () => {
  const window = await open();
  const { page } = window;
  const dialog = page.getByRole("dialog");
  await page.keyboard.press("Control+N");
  await dialog.getByRole("textbox").first().waitFor();
  await dialog.getByRole("checkbox", { name: /YouTube/ }).focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await expect.poll(() => rows(page).count()).toBe(6);

  await rows(page).first().focus();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.locator("main h1").textContent()).toBe("evening");
  await page.keyboard.press("Control+E");
  await dialog.waitFor();
  await dialog.getByRole("radio", { name: /Moves to a folder/ }).focus();
  await page.keyboard.press("Space");
  await dialog.getByRole("textbox", { name: "Folder for delivered sources" }).fill("done");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await expect.poll(() => page.locator(".set").textContent()).toContain("Sources move to done");

  await page.getByRole("button", { name: "Pause" }).press("Enter");
  await expect.poll(() => page.locator(".facts strong").textContent()).toBe("Paused");
  await page.keyboard.press("Alt+ArrowLeft");
  await rows(page).nth(5).focus();
  await page.keyboard.press("Delete");
  await page.getByRole("alertdialog").getByRole("button", { name: "Stop watching" }).press("Enter");
  await expect.poll(() => rows(page).count()).toBe(5);
  expect(window.faults).toEqual([]);
  await window.close();
});

it("says what the engine refuses beside what it is about, until that is changed", async () => {
  const window = await open();
  const { page } = window;
  const dialog = page.getByRole("dialog");
  await page.keyboard.press("Control+N");
  await dialog.getByRole("checkbox", { name: /YouTube/ }).check();
  const place = dialog.getByRole("textbox", { name: /Folder or s3/ });
  await place.fill("/media/masters/inbox");
  await dialog.getByRole("button", { name: "Start watching" }).click();
  await expect
    .poll(() => dialog.getByRole("group", { name: "Folder", exact: true }).getByRole("alert").textContent())
    .toContain("/media/masters/inbox is watched already.");
  expect(await place.evaluate((field) => field === document.activeElement)).toBe(true);
  await place.fill("/media/masters/other");
  await expect.poll(() => dialog.getByRole("alert").count()).toBe(0);
  expect(window.faults).toEqual([]);
  await window.close();
});

it("takes dropped folders on its own pages, and only there", async () => {
  const window = await open();
  const { page } = window;
  await expect.poll(() => purpose(page)).toBe("watch");
  await rows(page).first().click();
  await page.locator("main .facts").waitFor();
  expect(await purpose(page)).toBe("watch");
  await window.tell({ type: "watch-folders", folders: ["/media/a/one", "/media/b/two"] });
  const dialog = page.getByRole("dialog", { name: "Watch 2 folders" });
  await dialog.waitFor();
  await dialog.getByRole("button", { name: "Remove /media/a/one from the list" }).click();
  await page.getByRole("dialog", { name: "Watch a folder" }).waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.keyboard.press("Control+1");
  await expect.poll(() => purpose(page)).toBe("deliver");
  expect(window.faults).toEqual([]);
  await window.close();
});

it("shows 100 000 files with few rows and few questions, and what changes while it is looked at", async () => {
  const window = await open(["watches=100000"]);
  const { page } = window;
  await rows(page).first().click();
  await page.locator("main [data-index='6']").waitFor();
  const asked = async () => (await window.calls()).filter((one) => one === "arrivals").length;
  expect(await page.getByRole("grid").getAttribute("aria-rowcount")).toBe("100009");
  await rows(page).first().focus();
  await page.keyboard.press("End");
  await expect.poll(() => page.locator("main [data-index='100007']").textContent()).toContain(".mov");
  expect(await rows(page).count()).toBeLessThan(40);
  const before = await asked();
  for (let n = 1; n <= 5; n++)
    await window.tell({ type: "revisions", revisions: { watches: 100 + n, outbox: 0, hold: 0 } });
  await expect.poll(asked).toBeGreaterThan(before);
  expect(await asked()).toBeLessThanOrEqual(before + 5);

  await page.getByRole("radio", { name: /Attention/ }).check({ force: true });
  await expect.poll(() => rows(page).count()).toBe(2);
  await page.keyboard.press("Control+F");
  await page.keyboard.type("northlight");
  await expect.poll(() => rows(page).count()).toBe(1);
  expect(window.faults).toEqual([]);
  await window.close();
});

it("figures that change move nothing", async () => {
  const window = await open();
  const { page } = window;
  const boxes = () =>
    page.evaluate(() =>
      [...document.querySelectorAll("main [data-index] .figure, main [data-index] strong")].map((one) => {
        const { left, right, top } = one.getBoundingClientRect();
        return one.tagName === "STRONG" ? [left, top] : [right, top];
      }),
    );
  const before = await boxes();
  await rows(page).first().click();
  const again = page.getByRole("button", { name: "Deliver again" });
  await again.first().click();
  await page.keyboard.press("Alt+ArrowLeft");
  await rows(page).nth(4).waitFor();
  expect(await boxes()).toEqual(before);
  expect(window.faults).toEqual([]);
  await window.close();
});
