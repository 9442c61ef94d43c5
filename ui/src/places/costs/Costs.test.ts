import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { money } from "$/format";
import { locale, m } from "$/i18n";
import type { CostSpan, CostsPage, Leftovers } from "$/ipc";
import { answer } from "$/ipc/fake/costs";
import { toasts } from "$/parts/toasts.svelte";
import { shown as settingsShown } from "$/places/settings/tab.svelte";
import { feed } from "$/state/feed.svelte";
import { prefs } from "$/state/prefs.svelte";
import { view } from "$/state/view.svelte";
import Costs from "./Costs.svelte";
import { store } from "./store.svelte";

const NOW = Date.now();
let mode: string | null;
let asked: CostSpan[];
let calls: string[];
let refusing: boolean;
let left: Leftovers;

const object = (key: string, in_use: boolean) => ({
  key,
  bytes: 1_000_000,
  stored_ms: NOW,
  job: null,
  in_use,
  unfinished: false,
});

beforeEach(async () => {
  [mode, asked, calls, refusing] = [null, [], [], false];
  left = {
    objects: [object("a", true), object("b", false)],
    count: 2,
    bytes: 2_000_000,
    monthly_microusd: 46,
  };
  mockIPC((command, args) => {
    calls.push(command);
    if (command === "settings")
      return {
        settings: { cloud: { bucket: "reels" } },
        effective: { workers: 1, nice: 0, work_dir: "/w", worker_memory_mb: 0, cloud: {}, cost: {} },
        overridden_by: [],
        data_dir: "/d",
        cores: 1,
        version: "1",
      };
    if (command === "costs") {
      if (refusing) throw { kind: "database", message: "The database is locked.", failure: null };
      const { span } = args as { span: CostSpan };
      asked.push(span);
      return answer(span, NOW, mode);
    }
    if (command === "leftovers") return left;
    if (command === "sweep_cloud") {
      left = { ...left, objects: left.objects.filter((one) => one.in_use), count: 1 };
      return left;
    }
    return true;
  });
  await prefs.load();
});
afterEach(async () => {
  cleanup();
  for (const one of toasts.list) toasts.dismiss(one.id);
  store.shown = null;
  store.error = null;
  store.span = { kind: "this-month" };
  store.by = "partner";
  view.reset();
  await new Promise((done) => setTimeout(done));
  clearMocks();
  locale.set("en");
});

async function open(): Promise<CostsPage> {
  render(Costs);
  await waitFor(() => expect(store.shown).not.toBeNull());
  return store.shown?.page ?? expect.fail("nothing shown");
}

describe("costs", () => {
  it("are read aloud column by column", async () => {
    store.span = { kind: "this-year" };
    const page = await open();
    const slider = await screen.findByRole("slider");
    slider.focus();
    const seen = new Set<string>();
    await userEvent.keyboard("{Home}");
    const most = Number(slider.getAttribute("aria-valuemax"));
    for (let at = 0; at <= most; at++) {
      expect(slider.getAttribute("aria-valuenow")).toBe(String(at));
      seen.add(slider.getAttribute("aria-valuetext") ?? "");
      await userEvent.keyboard("{ArrowRight}");
    }
    expect(slider.getAttribute("aria-valuenow")).toBe(String(most));
    expect(seen.size).toBe(most + 1);
    const partners = new Set(page.days.filter((one) => one.microusd > 0).map((one) => one.partner));
    for (const partner of partners) expect([...seen].some((words) => words.includes(partner))).toBe(true);
  });

  it("have the same sums as chart, table and legend", async () => {
    const page = await open();
    const total = money(page.days.reduce((sum, one) => sum + one.microusd, 0));
    expect((await screen.findAllByText(total)).length).toBeGreaterThan(0);
  });

  it("are read again when the ledger changed, for the span that is looked at", async () => {
    await open();
    const before = asked.length;
    feed.fold({ type: "revisions", revisions: { watches: 0, outbox: 0, hold: 0, costs: 7 } });
    await waitFor(() => expect(asked.length).toBeGreaterThan(before));
    expect(asked.at(-1)).toEqual(asked[0]);
  });

  it("stay, and say so, when they cannot be read again", async () => {
    await open();
    refusing = true;
    feed.fold({ type: "revisions", revisions: { watches: 0, outbox: 0, hold: 0, costs: 8 } });
    expect((await screen.findByRole("alert")).textContent).toContain("The database is locked.");
    expect(screen.getByRole("slider")).toBeTruthy();
    refusing = false;
    await userEvent.click(screen.getByRole("button", { name: m.common_retry() }));
    await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
  });

  it("of somebody who never used the cloud lead to its settings", async () => {
    mode = "none";
    await open();
    await userEvent.click(await screen.findByRole("button", { name: m.costs_empty_open() }));
    expect(view.current).toEqual({ place: "settings" });
    expect(settingsShown.tab).toBe("cloud");
  });

  it("say when a dedicated encoder would have been cheaper", async () => {
    mode = "cheaper";
    const { comparison } = await open();
    const less = comparison.spent_microusd - comparison.dedicated_microusd;
    expect(less).toBeGreaterThan(0);
    expect(screen.getByText(m.costs_compare_dearer({ amount: money(less) }))).toBeTruthy();
  });

  it("ask nothing of the bucket until somebody wants to know, and remove nothing unasked", async () => {
    await open();
    expect(calls).not.toContain("leftovers");
    await userEvent.click(await screen.findByRole("button", { name: m.costs_bucket_look() }));
    const table = await screen.findByRole("group", { name: m.costs_bucket_title() });
    expect(within(table).getByText(m.costs_bucket_in_use())).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: m.costs_bucket_sweep() }));
    const dialog = await screen.findByRole("alertdialog");
    expect(calls).not.toContain("sweep_cloud");
    await userEvent.click(within(dialog).getByRole("button", { name: m.costs_bucket_sweep_confirm() }));
    await waitFor(() => expect(calls).toContain("sweep_cloud"));
    await waitFor(() => expect(within(table).queryByText(m.costs_bucket_free())).toBeNull());
  });
});
