import { describe, expect, it } from "vitest";

import type {
  EngineKind,
  EngineOffer,
  Failure,
  FileFacts,
  Look,
  Offer,
  Rehearsal,
  RehearsedJob,
  Route,
  SheetFile,
  Verdict,
} from "$/ipc";
import { dice } from "$/state/sample";
import {
  blockOf,
  picksOf,
  tallyOf,
  tickAll,
  ticked,
  tickOne,
  barred,
  costOf,
  enginesOf,
  reasonsOf,
  sharesOf,
  tickState,
  triedKey,
  triedOf,
  without,
  worst,
  type Looking,
  type Ticks,
} from "./logic";
import { Pool } from "./pool";

const file = (id: number): SheetFile => ({ id, name: `${id}.mov`, folder: "/in", bytes: 1 });
const offer = (profile: string, verdict: Verdict): Offer => ({
  profile,
  verdict,
  findings: [],
  failure: null,
  segments: 1,
  bytes_needed: 1,
  engines: [],
  work_ms: 1,
  measured: true,
});
const done = (verdicts: Record<string, Verdict>): Looking => ({
  state: "done",
  look: { offers: Object.entries(verdicts).map(([id, verdict]) => offer(id, verdict)) } as unknown as Look,
});
const failed: Looking = {
  state: "failed",
  error: { kind: "source", message: "No.", failure: null, field: null },
};
const NONE: Ticks = { all: new Set(), except: new Map() };
const FILES = [0, 1, 2].map(file);
const LOOKS = new Map<number, Looking>([
  [0, done({ a: "pass", b: "stop" })],
  [1, done({ a: "warn", b: "pass" })],
  [2, failed],
]);

describe("ticks", () => {
  it("for all files, with exceptions that a new tick for all forgets", () => {
    let ticks = tickAll(NONE, "a", true);
    ticks = tickOne(ticks, 1, "a", false);
    expect(FILES.map(({ id }) => ticked(ticks, id, "a"))).toEqual([true, false, true]);
    expect(tickState(ticks, FILES, "a")).toBe("some");
    ticks = tickAll(ticks, "a", true);
    expect(tickState(ticks, FILES, "a")).toBe("all");
    expect(ticks.except.size).toBe(0);
  });

  it("an exception says what was last said, and vanishes where it says nothing new", () => {
    const chance = dice(4);
    let ticks = NONE;
    for (let n = 0; n < 300; n++) {
      const [id, profile, on] = [Math.floor(chance() * 3), chance() < 0.5 ? "a" : "b", chance() < 0.5];
      if (chance() < 0.3) {
        ticks = tickAll(ticks, profile, on);
        expect(tickState(ticks, FILES, profile)).toBe(on ? "all" : "none");
      } else {
        ticks = tickOne(ticks, id, profile, on);
        expect(ticked(ticks, id, profile)).toBe(on);
      }
      for (const own of ticks.except.values()) {
        expect(own.size).toBeGreaterThan(0);
        for (const [id, value] of own) expect(value).toBe(!ticks.all.has(id));
      }
    }
  });
});

describe("what is submitted", () => {
  const both = tickAll(tickAll(NONE, "a", true), "b", true);

  it("nothing that would fail at once, and nothing of files that cannot be used", () => {
    expect(picksOf(FILES, LOOKS, both, ["a", "b"])).toEqual([
      { file: 0, profiles: ["a"] },
      { file: 1, profiles: ["a", "b"] },
    ]);
  });

  it("counts what a profile says of the files", () => {
    expect(tallyOf([...FILES, file(9)], LOOKS, "a")).toEqual({
      pass: 1,
      warn: 1,
      stop: 0,
      unusable: 1,
      waiting: 1,
    });
    expect(worst(tallyOf(FILES, LOOKS, "b"))).toBe("stop");
    expect(worst(tallyOf([file(2)], LOOKS, "b"))).toBeNull();
  });

  it.each([
    ["no-files", [], both],
    ["looking", [...FILES, file(9)], both],
    ["unusable", [file(2)], both],
    ["no-profile", FILES, NONE],
    ["none-fits", [file(0)], tickAll(NONE, "b", true)],
    [null, FILES, both],
  ])("says why it cannot start: %s", (reason, files, ticks) => {
    expect(blockOf(files, LOOKS, ticks, ["a", "b"])).toBe(reason);
    if (reason === null) expect(picksOf(files, LOOKS, ticks, ["a", "b"])).not.toEqual([]);
  });
});

describe("the pool", () => {
  it("does so much at a time, everything once, in order, failures included", async () => {
    const pool = new Pool(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    let [busy, most] = [0, 0];
    for (let n = 0; n < 7; n++)
      pool.add(
        () =>
          new Promise((resolve, reject) => {
            begun.push(n);
            most = Math.max(most, ++busy);
            ends.push(() => {
              busy -= 1;
              if (n % 2) reject(new Error("no"));
              else resolve();
            });
          }),
      );
    for (let n = 0; n < 7; n++) {
      ends[n]?.();
      await Promise.resolve();
      await Promise.resolve();
      await Promise.resolve();
    }
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(most).toBe(2);
  });
});

describe("engines", () => {
  const route = (engine: EngineKind): Route => ({ engine, id: "asked-cloud", text: "", values: {} });
  const job = (profile: string, more: Partial<RehearsedJob>): RehearsedJob => ({
    source: "/in/1.mov",
    profile,
    outputs: [],
    failure: null,
    finish_ms: 1,
    route: route("cloud"),
    cost: { low_microusd: 1, high_microusd: 2 },
    ...more,
  });
  const refused = { failure: {} as Failure, route: null, cost: null, finish_ms: null };
  const engine = (name: EngineKind, against: Route | null): EngineOffer => ({
    engine: name,
    against,
    cost: null,
    work_ms: null,
    lines: [],
    price_book: "",
  });
  const picks = [{ file: 1, profiles: ["a", "b"] }];
  const offers = ["a", "b"].map((id) => ({
    ...offer(id, "pass"),
    engines: [engine("local", null), engine("cloud", id === "a" ? route("local") : null)],
  }));
  const looks = new Map<number, Looking>([[1, { state: "done", look: { facts: {} as FileFacts, offers } }]]);
  const rehearsal = (jobs: RehearsedJob[]): Rehearsal => ({
    jobs,
    bytes_needed: 0,
    bytes_free: null,
    finish_ms: null,
    cost: { low_microusd: 0, high_microusd: 0 },
  });

  it("what the wanted engine refuses is left out, nothing else that fails", () => {
    const all = rehearsal([job("a", refused), job("b", refused)]);
    const tried = triedOf(picks, all);
    expect(tried.get(triedKey(1, "b"))?.profile).toBe("b");
    const out = barred("cloud", looks, tried);
    expect([...out.keys()]).toEqual([triedKey(1, "a")]);
    expect(without(picks, out)).toEqual([{ file: 1, profiles: ["b"] }]);
    expect(barred("auto", looks, tried).size).toBe(0);
    expect(without([{ file: 1, profiles: ["a"] }], out)).toEqual([]);
  });

  it("sums, shares and reasons are of what would be done", () => {
    const all = rehearsal([
      job("a", {}),
      job("a", { route: route("local"), cost: null }),
      job("b", refused),
      job("b", {}),
    ]);
    expect(sharesOf(all)).toEqual({ local: 1, cloud: 2 });
    expect(reasonsOf(all).map(({ route: { engine: name }, count }) => [name, count])).toEqual([
      ["cloud", 2],
      ["local", 1],
    ]);
    expect(costOf(all, "a")).toEqual({ low_microusd: 1, high_microusd: 2 });
    expect(costOf(all, "c")).toBeNull();
    expect(enginesOf(all, "a")).toEqual(["local", "cloud"]);
  });
});
