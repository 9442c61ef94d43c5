import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { violations } from "./axe";
import { launch, Window } from "./window";

let browser: Browser;
beforeAll(async () => void (browser = await launch()));
afterAll(() => browser.close());

const slider = (page: Page) => page.locator("#costs-spend [role=slider]");

async function open(fake: string[] = []) {
  const window = await Window.open(browser, { width: 1280, height: 820, fake });
  await window.page.keyboard.press("Control+5");
  await slider(window.page).waitFor();
  return window;
}

/** Calls of one command, with what was asked. */
const asked = (page: Page, command: string) =>
  page.evaluate((name) => {
    const { calls } = (
      globalThis as unknown as { spillway: { calls: { command: string; args: Record<string, unknown> }[] } }
    ).spillway;
    return calls.filter((one) => one.command === name).map((one) => one.args);
  }, command);

it("is read without a mouse: chart, switch, span, table", async () => {
  const window = await open();
  const { page } = window;
  await slider(page).focus();
  await page.keyboard.press("End");
  const most = Number(await slider(page).getAttribute("aria-valuemax"));
  const values = new Set<string | null>();
  for (let at = most; at >= 0; at--) {
    expect(await slider(page).getAttribute("aria-valuenow")).toBe(String(at));
    values.add(await slider(page).getAttribute("aria-valuetext"));
    await page.keyboard.press("ArrowLeft");
  }
  expect(values.size).toBe(most + 1);
  expect(await page.locator("#costs-spend .lit").count()).toBe(1);
  await page.keyboard.press("Escape");
  await expect.poll(() => page.locator("#costs-spend .lit").count()).toBe(0);

  await page.locator("#costs-spend input[type=radio]").first().focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => page.locator("#costs-spend thead th").allTextContents()).toContain("This machine");

  await page.locator("main header button").first().press("Enter");
  await page.locator(".span-box").getByRole("button", { name: "This year" }).press("Enter");
  await expect.poll(() => page.locator("#costs-spend h2").textContent()).toBe("Spend per week");
  expect(window.faults).toEqual([]);
  await window.close();
});

it("draws every column within the chart, as high as its amount", async () => {
  const window = await open();
  const { page } = window;
  const columns = await page.evaluate(() => {
    const plot = document.querySelector("#costs-spend .plot")?.getBoundingClientRect();
    const heights = new Map<number, number>();
    let outside = 0;
    for (const layer of document.querySelectorAll("#costs-spend rect.layer")) {
      const box = layer.getBoundingClientRect();
      if (plot && (box.left < plot.left || box.right > plot.right || box.top < plot.top)) outside += 1;
      const at = Math.round(box.left);
      heights.set(at, (heights.get(at) ?? 0) + Number(layer.getAttribute("height")));
    }
    return { outside, heights: [...heights].sort(([a], [b]) => a - b).map(([, height]) => height) };
  });
  expect(columns.outside).toBe(0);
  const totals = (await page.locator("#costs-spend tbody td:last-child").allTextContents())
    .map((text) => Number(text.replace(/[^\d.]/g, "")))
    .reverse();
  expect(columns.heights).toHaveLength(totals.length);
  const dearest = totals.indexOf(Math.max(...totals));
  const unit = (columns.heights[dearest] ?? 0) / (totals[dearest] ?? 1);
  // Gaps between layers take at most a pixel each; what is almost nothing can still be seen.
  for (const [at, total] of totals.entries())
    expect(Math.abs((columns.heights[at] ?? 0) - total * unit)).toBeLessThan(8);
  expect(window.faults).toEqual([]);
  await window.close();
});

it("is read again when the ledger changes, and only then", async () => {
  const window = await open();
  const { page } = window;
  const before = (await asked(page, "costs")).length;
  for (let n = 1; n <= 5; n++)
    await window.tell({ type: "revisions", revisions: { watches: 0, outbox: 0, hold: 0, costs: n } });
  await expect.poll(async () => (await asked(page, "costs")).length).toBeGreaterThan(before);
  const after = (await asked(page, "costs")).length;
  expect(after).toBeLessThanOrEqual(before + 5);
  await window.tell({ type: "revisions", revisions: { watches: 1, outbox: 1, hold: 0, costs: 5 } });
  await page.getByRole("button", { name: /Export/ }).click();
  await expect.poll(async () => (await asked(page, "export_costs")).length).toBe(1);
  expect((await asked(page, "costs")).length).toBe(after);
  expect((await asked(page, "export_costs"))[0]).toEqual((await asked(page, "costs"))[0]);
  expect(window.faults).toEqual([]);
  await window.close();
});

it("sweeps the bucket once that is confirmed, and leaves what is in use", async () => {
  const window = await open();
  const { page } = window;
  const bucket = page.locator("#costs-bucket");
  expect(await asked(page, "leftovers")).toEqual([]);
  await bucket.getByRole("button", { name: "Look into the bucket" }).press("Enter");
  await bucket.locator("tbody tr").nth(5).waitFor();
  await bucket.getByRole("button", { name: /Remove/ }).press("Enter");
  const dialog = page.getByRole("alertdialog");
  await dialog.waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  expect(await asked(page, "sweep_cloud")).toEqual([]);
  await bucket.getByRole("button", { name: /Remove/ }).click();
  await dialog.getByRole("button", { name: "Remove", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  await expect.poll(() => bucket.locator("tbody tr").count()).toBe(3);
  expect(new Set(await bucket.locator("tbody .use").allInnerTexts())).toEqual(new Set(["In use by a job"]));
  expect(window.faults).toEqual([]);
  await window.close();
});

it("keeps what is shown when it cannot be reached, and says what does not work", async () => {
  const broken = await Window.open(browser, { fake: ["costs=error"] });
  await broken.page.keyboard.press("Control+5");
  await broken.page.locator("main [role=alert]").waitFor();
  expect(await violations(broken.page)).toEqual([]);
  await broken.close();

  const window = await open(["bucket=error"]);
  await window.page.getByRole("button", { name: "Look into the bucket" }).click();
  await window.page.locator("#costs-bucket [role=alert]").waitFor();
  expect(await slider(window.page).count()).toBe(1);
  expect(await violations(window.page)).toEqual([]);
  await window.close();
});

it("sets the cloud up with bucket and region", async () => {
  const window = await Window.open(browser, { fake: ["cloud=none"] });
  const { page } = window;
  await page.keyboard.press("Control+6");
  await page.locator("main [role=tab]").nth(1).click();
  const setup = page.locator("#settings-setup");
  await setup.getByRole("textbox", { name: "Bucket" }).fill("studio-spillway");
  await setup.getByRole("textbox", { name: "Region" }).fill("eu-central-1");
  await page.keyboard.press("Enter");
  await setup.locator("li.made").first().waitFor();
  expect(await setup.locator("li").count()).toBe(10);
  await expect.poll(() => setup.locator(".known").textContent()).toContain("studio-spillway in eu-central-1");
  expect(await page.getByRole("textbox", { name: "Role ARN" }).inputValue()).toContain(
    "role/SpillwayMediaConvert",
  );
  expect(await violations(page)).toEqual([]);
  expect(window.faults).toEqual([]);
  await window.close();
});
