import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { ArrivalPage, ArrivalQuery, ArrivalView } from "$/ipc";
import { Arrivals, TYPING } from "./arrivals.svelte";

const file = (id: number): ArrivalView => ({
  id,
  watch: "w",
  path: `A_${id}.mov`,
  bytes: id,
  state: "waiting",
  reason: { reason: "new" },
  next_look_ms: null,
  first_seen_ms: 0,
  changed_ms: 0,
  jobs: [],
});

let asked: { query: ArrivalQuery; answer: (page: ArrivalPage) => void }[] = [];
const ask = (query: ArrivalQuery) => new Promise<ArrivalPage>((answer) => asked.push({ query, answer }));
const turn = () => vi.advanceTimersByTimeAsync(0);

/** Answers everything asked so far. */
async function answered(total = 100_000) {
  while (asked.length > 0) {
    const one = asked.shift();
    const { offset = 0, limit = 0 } = one?.query ?? {};
    const length = Math.max(0, Math.min(limit, total - offset));
    one?.answer({ rows: Array.from({ length }, (_, n) => file(offset + n)), total });
    await turn();
  }
}

beforeEach(() => {
  asked = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe("files of a watched folder", () => {
  it("100 000 of them are asked for page by page", async () => {
    const files = new Arrivals("w", ask);
    files.ask();
    await answered();
    expect(files.pages.total).toBe(100_000);
    files.pages.need(99_980, 100_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked).toHaveLength(1);
    await answered();
    expect(files.pages.row(99_999)?.id).toBe(99_999);
    expect(files.pages.row(50_000)).toBeUndefined();
  });

  it("however often they change, one question is open, and the last change is seen", async () => {
    const files = new Arrivals("w", ask);
    files.ask();
    await answered();
    for (let n = 0; n < 40; n++) void files.touch();
    await turn();
    expect(asked).toHaveLength(1);
    await answered(7);
    expect(files.pages.total).toBe(7);
    expect(asked).toHaveLength(0);
    void files.touch();
    await turn();
    expect(asked).toHaveLength(1);
  });

  it("what is in view is read again, not the top", async () => {
    const files = new Arrivals("w", ask);
    files.ask();
    await answered();
    files.pages.need(400, 420);
    await vi.advanceTimersByTimeAsync(1_000);
    await answered();
    void files.touch();
    await turn();
    expect(asked.map((one) => one.query.offset)).toEqual([400]);
  });

  it("asks for a state at once, for words when the typing rests, and for both together", async () => {
    const files = new Arrivals("w", ask);
    files.show("held");
    expect(asked[0]?.query).toMatchObject({ watch: "w", states: ["held"], text: "" });
    for (const text of ["n", "no", "nor "]) files.search(text);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(TYPING);
    expect(asked.at(-1)?.query).toMatchObject({ states: ["held"], text: "nor" });
    files.clear();
    expect(asked.at(-1)?.query).toMatchObject({ states: [], text: "" });
    expect(asked).toHaveLength(3);
  });
});
