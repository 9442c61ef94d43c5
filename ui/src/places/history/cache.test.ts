import { describe, expect, it, vi } from "vitest";

import type { HistoryPage, HistoryQuery } from "$/ipc";
import { answer, rows } from "$/ipc/fake/history";
import { HistoryCache, PAGE } from "./cache.svelte";

const NOW = new Date(2026, 10, 22, 12).getTime();

/** A back end that answers when it is told to. */
function backEnd(count = 1_000) {
  let all = rows(count, NOW);
  const waiting: {
    query: HistoryQuery;
    resolve: (page: HistoryPage) => void;
    reject: (why: unknown) => void;
  }[] = [];
  const asked: HistoryQuery[] = [];
  const ask = (query: HistoryQuery) =>
    new Promise<HistoryPage>((resolve, reject) => {
      asked.push(query);
      waiting.push({ query, resolve, reject });
    });
  const settled = () =>
    new Promise<void>((done) => queueMicrotask(() => queueMicrotask(() => queueMicrotask(done))));
  return {
    ask,
    asked,
    waiting,
    get all() {
      return all;
    },
    set all(next) {
      all = next;
    },
    async answer(n = 0) {
      const [one] = waiting.splice(n, 1);
      one?.resolve(answer(all, one.query));
      await settled();
    },
    async fail(why: unknown, n = 0) {
      waiting.splice(n, 1)[0]?.reject(why);
      await settled();
    },
    async answerAll() {
      while (waiting.length > 0) await this.answer();
    },
  };
}

async function begun(count?: number) {
  const back = backEnd(count);
  const cache = new HistoryCache(back.ask);
  void cache.ask({});
  await back.answerAll();
  return { back, cache };
}

describe("paging", () => {
  it("knows how many rows there are after the first page", async () => {
    const { back, cache } = await begun();
    expect(cache.totals?.jobs).toBe(1_000);
    expect(back.asked).toHaveLength(1);
    expect(cache.row(99)).toEqual(back.all[99]);
    expect(cache.row(100)).toBeUndefined();
  });

  it("brings what is in view, whatever the order of answers, and asks for nothing twice", async () => {
    const { back, cache } = await begun();
    vi.useFakeTimers();
    cache.need(480, 520);
    cache.need(480, 520);
    vi.runAllTimers();
    vi.useRealTimers();
    expect(back.asked.slice(1).map((query) => query.offset)).toEqual([400, 500]);
    await back.answer(1);
    await back.answer(0);
    for (let index = 400; index < 600; index += 1) expect(cache.row(index)).toEqual(back.all[index]);
    cache.need(410, 590);
    expect(back.asked).toHaveLength(3);
  });

  it("never asks for pages that went out of view meanwhile", async () => {
    const { back, cache } = await begun(100_000);
    vi.useFakeTimers();
    for (let top = 0; top < 90_000; top += 37) cache.need(top, top + 30);
    expect(back.asked).toHaveLength(1);
    vi.runAllTimers();
    vi.useRealTimers();
    await back.answerAll();
    expect(back.asked.length).toBeLessThanOrEqual(3);
    const last = Math.floor(89_984 / PAGE) * PAGE;
    expect(back.asked.some((query) => query.offset === last)).toBe(true);
    expect(cache.row(89_990)).toEqual(back.all[89_990]);
  });

  it("brings pages while somebody scrolls at reading speed", async () => {
    const { back, cache } = await begun(100_000);
    for (let top = 0; top < 1_000; top += 10) {
      cache.need(top, top + 30);
      await back.answerAll();
      for (let index = top; index < top + 30; index += 1) expect(cache.row(index)).toEqual(back.all[index]);
    }
  });

  it("keeps a bounded number of pages", async () => {
    const { back, cache } = await begun(100_000);
    for (let top = 0; top < 200 * PAGE; top += 20) {
      cache.need(top, top + 30);
      await back.answerAll();
    }
    const held = Array.from({ length: 200 }, (_, page) => cache.row(page * PAGE)).filter(Boolean);
    expect(held.length).toBeLessThanOrEqual(80);
    expect(cache.row(199 * PAGE + PAGE - 1)).toBeDefined();
  });
});

describe("a new question", () => {
  it("shows the old answer until the new one is there", async () => {
    const { back, cache } = await begun();
    void cache.ask({ states: ["failed"] });
    expect(cache.asking).toBe(true);
    expect(cache.row(0)).toEqual(back.all[0]);
    await back.answerAll();
    expect(cache.asking).toBe(false);
    expect(cache.row(0)?.state).toBe("failed");
  });

  it("drops answers to questions asked before, in whatever order they come", async () => {
    const { back, cache } = await begun();
    void cache.ask({ text: "fj" });
    void cache.ask({ text: "fjord" });
    await back.answer(1);
    const found = cache.totals?.jobs;
    await back.answer(0);
    expect(cache.totals?.jobs).toBe(found);
    expect(cache.totals).toEqual(answer(back.all, { text: "fjord" }).totals);
    expect(cache.asking).toBe(false);
  });

  it("drops pages of the answer before", async () => {
    const { back, cache } = await begun();
    cache.need(300, 330);
    void cache.ask({ sort: "oldest" });
    await back.answer(0);
    expect(cache.row(300)).toBeUndefined();
    await back.answerAll();
    expect(cache.row(0)).toEqual(back.all.at(-1));
  });

  it("forgets a failure of the one before", async () => {
    const { back, cache } = await begun();
    void cache.ask({ text: "x" });
    await back.fail({ kind: "database", message: "locked", failure: null });
    expect(cache.error?.message).toBe("locked");
    expect(cache.row(0)).toBeDefined();
    void cache.ask({ text: "" });
    await back.answerAll();
    expect(cache.error).toBeNull();
  });
});

describe("while jobs go on", () => {
  it("new rows come at the top, and once for many events", async () => {
    const { back, cache } = await begun();
    back.all = rows(1_003, NOW);
    for (let n = 0; n < 20; n += 1) cache.touch();
    await back.answerAll();
    expect(back.asked.length).toBeLessThanOrEqual(3);
    expect(cache.totals?.jobs).toBe(1_003);
    expect(cache.row(0)).toEqual(back.all[0]);
  });

  it("nothing moves under somebody who reads further down, until the top is in view again", async () => {
    const { back, cache } = await begun();
    cache.need(500, 530);
    await back.answerAll();
    const read = cache.row(510);
    back.all = rows(1_005, NOW);
    const before = back.asked.length;
    cache.touch();
    expect(back.asked).toHaveLength(before);
    expect(cache.row(510)).toEqual(read);
    cache.need(0, 30);
    await back.answerAll();
    expect(cache.row(0)).toEqual(back.all[0]);
  });
});

it("a range of rows comes from the cache, or from the back end", async () => {
  const { back, cache } = await begun();
  expect(await cache.rows(10, 20)).toEqual(back.all.slice(10, 20));
  expect(back.asked).toHaveLength(1);
  const wanted = cache.rows(95, 140);
  await back.answerAll();
  expect(await wanted).toEqual(back.all.slice(95, 140));
});
