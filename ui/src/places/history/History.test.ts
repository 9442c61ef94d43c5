import { cleanup, fireEvent, render, screen, within } from "@testing-library/svelte";
import { mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { HistoryQuery, JobId } from "$/ipc";
import { answer, rows } from "$/ipc/fake/history";
import { view } from "$/state/view.svelte";
import History from "./History.svelte";
import { NO_FILTERS } from "./filters";
import { store, TYPING } from "./store.svelte";

let all = rows(500, Date.now());
let asked: HistoryQuery[] = [];
let removed: JobId[][] = [];

beforeEach(() => {
  vi.useFakeTimers();
  all = rows(500, Date.now());
  asked = [];
  removed = [];
  mockIPC(async (command, args) => {
    if (command === "history") {
      const { query } = args as { query: HistoryQuery };
      asked.push(query);
      return answer(all, query);
    }
    if (command === "remove_jobs") {
      const { jobs } = args as { jobs: JobId[] };
      removed.push(jobs);
      all = all.filter((row) => !jobs.includes(row.id));
      return [];
    }
    throw new Error(`No such command: ${command}`);
  });
});

afterEach(async () => {
  cleanup();
  await vi.runAllTimersAsync();
  store.selection.clear();
  store.filters = NO_FILTERS;
  store.cache.totals = null;
  store.active = 0;
  view.reset();
  vi.useRealTimers();
});

async function shown() {
  render(History);
  await vi.advanceTimersByTimeAsync(TYPING);
  return screen.getByRole("grid");
}

const row = (grid: HTMLElement, index: number) =>
  grid.querySelector<HTMLElement>(`[data-index="${index}"]`) ?? expect.fail(`no row ${index}`);

describe("the history", () => {
  it("says how long it is from the first page on", async () => {
    const grid = await shown();
    expect(grid.getAttribute("aria-rowcount")).toBe("501");
    expect(row(grid, 0).getAttribute("aria-rowindex")).toBe("2");
    expect(row(grid, 0).textContent).toContain(all[0]?.source.split("/").at(-1));
    expect(asked).toHaveLength(1);
  });

  it("asks once for a word typed quickly", async () => {
    await shown();
    const field = screen.getByRole("textbox", { name: "Search the history" });
    for (const text of ["f", "fj", "fjo"]) {
      await fireEvent.input(field, { target: { value: text } });
      await vi.advanceTimersByTimeAsync(TYPING - 10);
    }
    await vi.advanceTimersByTimeAsync(TYPING);
    expect(asked.map((query) => query.text)).toEqual(["", "fjo"]);
    expect(screen.getAllByText("Fjo", { selector: "mark" }).length).toBeGreaterThan(0);
  });

  it("says which filters to clear when nothing is found, and clears them", async () => {
    await shown();
    await fireEvent.input(screen.getByRole("textbox", { name: "Search the history" }), {
      target: { value: "zzz" },
    });
    await vi.advanceTimersByTimeAsync(TYPING);
    expect(screen.getByText("Nothing found")).toBeTruthy();
    await fireEvent.click(screen.getByRole("button", { name: "Clear “zzz”" }));
    await vi.advanceTimersByTimeAsync(TYPING);
    expect(screen.getByRole("grid").getAttribute("aria-rowcount")).toBe("501");
  });

  it("opens a job with Enter and moves with the arrows", async () => {
    const grid = await shown();
    await fireEvent.keyDown(row(grid, 0), { key: "ArrowDown" });
    await vi.advanceTimersByTimeAsync(0);
    expect(document.activeElement).toBe(row(grid, 1));
    await fireEvent.keyDown(row(grid, 1), { key: "Enter" });
    expect(view.current).toEqual({ place: "job", id: all[1]?.id });
  });

  it("removes what is selected, but only once that is confirmed", async () => {
    const grid = await shown();
    const [first, second] = [all[10], all[11]].map((one) => one?.id);
    store.selection.add(all.slice(10, 12));
    await vi.advanceTimersByTimeAsync(0);
    expect(screen.getByRole("group", { name: "2 selected" })).toBeTruthy();
    await fireEvent.click(screen.getByRole("button", { name: "Remove from history" }));
    await vi.advanceTimersByTimeAsync(50);
    expect(removed).toEqual([]);
    const question = screen.getByText("Remove 2 from the history?");
    const dialog = question.closest<HTMLElement>('[role$="dialog"]') ?? expect.fail("no dialog");
    await fireEvent.click(within(dialog).getByRole("button", { name: "Remove from history" }));
    await vi.advanceTimersByTimeAsync(50);
    expect(removed).toEqual([[first, second]]);
    expect(grid.getAttribute("aria-rowcount")).toBe("499");
    expect(store.selection.size).toBe(0);
  });

  it("selects with Space, and a range with Shift", async () => {
    const grid = await shown();
    await fireEvent.keyDown(row(grid, 0), { key: " " });
    expect(row(grid, 0).getAttribute("aria-selected")).toBe("true");
    await fireEvent.keyDown(row(grid, 3), { key: " ", shiftKey: true });
    await vi.advanceTimersByTimeAsync(0);
    expect(store.selection.ids).toEqual(all.slice(0, 4).map((one) => one.id));
    await fireEvent.keyDown(row(grid, 0), { key: "Escape" });
    expect(store.selection.size).toBe(0);
  });

  it("of somebody who has not delivered anything says how to begin", async () => {
    all = [];
    render(History);
    await vi.advanceTimersByTimeAsync(TYPING);
    expect(screen.getByText("No deliveries yet")).toBeTruthy();
  });
});
