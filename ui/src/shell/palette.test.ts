import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { HistoryPage, HistoryQuery } from "$/ipc";
import { answer, rows } from "$/ipc/fake/history";
import type { Command } from "$/state/commands.svelte";
import { feed } from "$/state/feed.svelte";
import { liveOf, snapshotOf } from "$/state/sample";
import { grouped, Past, PAUSE, withPast } from "./palette.svelte";

const command = (id: string, group: Command["group"], label: string): Command => ({
  id,
  group,
  label,
  run: () => {},
});
const all = [
  command("p1", "places", "Queue"),
  command("p2", "places", "Settings"),
  ...Array.from({ length: 40 }, (_, i) => command(`j${i}`, "jobs", `Sequence ${i}.mov`)),
  command("f1", "profiles", "Quick proxy"),
  command("s1", "settings", "Light appearance"),
];

describe("palette", () => {
  it("shows places, actions and a few jobs before anything is asked", () => {
    const groups = grouped("", all);
    expect(groups.map((group) => group.name)).toEqual(["places", "jobs"]);
    expect(groups[1]?.commands.length).toBeLessThan(10);
  });

  it("puts the group of the best match first, and every command in one group", () => {
    const groups = grouped("qu", all);
    expect(groups[0]?.commands[0]?.label).toBe("Queue");
    const ids = groups.flatMap((group) => group.commands.map((one) => one.id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(groups.map((group) => group.name)).toContain("profiles");
  });

  it("has no empty groups", () => {
    for (const query of ["", "q", "light", "zzz", "3"])
      for (const group of grouped(query, all)) expect(group.commands.length).toBeGreaterThan(0);
  });
});

describe("jobs of the history", () => {
  const past = rows(300, 1_800_000_000_000);
  const asked: { query: HistoryQuery; done: (page: HistoryPage) => void }[] = [];
  const ask = (query: HistoryQuery) => new Promise<HistoryPage>((done) => asked.push({ query, done }));
  const reply = async (at: number) => {
    const one = asked[at];
    one?.done(answer(past, one.query));
    await vi.advanceTimersByTimeAsync(0);
  };
  const labels = (one: Past) => one.commands().map((command) => command.label);

  beforeEach(() => {
    asked.length = 0;
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    feed.fold(snapshotOf(0, []));
  });

  it("are asked for once the typing rests, and at most five are offered", async () => {
    const found = new Past(ask);
    for (const text of ["f", "fj", "fjord"]) found.search(text);
    await vi.advanceTimersByTimeAsync(PAUSE - 1);
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked.map((one) => one.query.text)).toEqual(["fjord"]);
    await reply(0);
    expect(labels(found)).toHaveLength(5);
    for (const label of labels(found)) expect(label).toContain("Fjord");
  });

  it("an answer that comes late is dropped, and what no longer fits is not offered meanwhile", async () => {
    const found = new Past(ask);
    found.search("fjord");
    await vi.advanceTimersByTimeAsync(PAUSE);
    found.search("tidal");
    await vi.advanceTimersByTimeAsync(PAUSE);
    await reply(1);
    await reply(0);
    expect(labels(found).join()).toContain("Tidal");
    expect(labels(found).join()).not.toContain("Fjord");
    found.search("harbour");
    expect(labels(found)).toEqual([]);
    found.search("");
    await vi.advanceTimersByTimeAsync(PAUSE);
    expect(asked).toHaveLength(2);
  });

  it("leave out what the queue page has", async () => {
    const all = past.filter((row) => row.source.includes("Fjord"));
    const live = liveOf(1, ["done"], { id: all[0]?.id ?? "", state: "delivered" });
    feed.fold(snapshotOf(1, [live]));
    const found = new Past(ask);
    found.search("fjord");
    await vi.advanceTimersByTimeAsync(PAUSE);
    await reply(0);
    expect(found.commands().map((command) => command.id)).toEqual(
      all.slice(1, 6).map((row) => `past.${row.id}`),
    );
  });

  it("stand behind the jobs of the queue, and are no empty group", () => {
    const found = [command("past.1", "history", "Old.mov")];
    const groups = grouped("qu", all);
    expect(withPast(groups, [])).toBe(groups);
    const names = withPast(groups, found).map((group) => group.name);
    expect(names.filter((name) => name === "history")).toHaveLength(1);
    expect(names.indexOf("history")).toBe(
      names.includes("jobs") ? names.indexOf("jobs") + 1 : names.length - 1,
    );
  });
});
