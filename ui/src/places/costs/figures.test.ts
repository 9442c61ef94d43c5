import { describe, expect, it } from "vitest";

import { answer } from "$/ipc/fake/costs";
import type { DateSpan } from "$/parts/dates";
import { costSpan, isUsed, MOST_LAYERS, OTHERS, perMonth, spendOf, stacked } from "./figures";

const NOW = Date.UTC(2026, 10, 22, 12);
const DAY = 86_400_000;
const ALL: DateSpan[] = [
  { kind: "this-month" },
  { kind: "30-days" },
  { kind: "this-year" },
  { kind: "any" },
  { kind: "custom", from: "2026-08-31", to: "2026-11-02" },
  { kind: "custom", from: "2026-10-05", to: "2026-10-05" },
];
const days = (span: DateSpan) => answer(costSpan(span, NOW), NOW, null).days;
const sum = (all: number[]) => all.reduce((total, one) => total + one, 0);

describe.each(ALL)("spending of $kind $from", (span) => {
  const asked = costSpan(span, NOW);
  const spend = spendOf(days(span), "partner", asked, NOW);

  it("loses and invents nothing, however it is broken down", () => {
    const whole = sum(days(span).map((one) => one.microusd));
    for (const by of ["partner", "engine"] as const) {
      const one = spendOf(days(span), by, asked, NOW);
      expect(one.total).toBe(whole);
      expect(sum(one.sums)).toBe(whole);
      for (const period of one.periods) expect(sum(period.parts)).toBe(period.total);
    }
  });

  it("has a column for every period, in order", () => {
    const starts = spend.periods.map((one) => Date.parse(one.from));
    const gaps = starts.slice(1).map((at, before) => (at - (starts[before] ?? 0)) / DAY);
    const [least, most] = { day: [1, 1], week: [7, 7], month: [28, 31] }[spend.per] as [number, number];
    for (const gap of gaps) expect(gap >= least && gap <= most, `${gap}`).toBe(true);
    if (asked.since_ms != null) expect(starts[0]).toBeLessThanOrEqual(asked.since_ms);
  });

  it("has no more columns than can be told apart", () => {
    expect(spend.periods.length).toBeLessThanOrEqual(63);
  });

  it("lays layers on each other without gaps, the dearest at the bottom", () => {
    expect(spend.sums).toEqual([...spend.sums].sort((a, b) => b - a));
    for (const period of spend.periods) {
      const layers = stacked(period);
      expect(layers[0]?.[0] ?? 0).toBe(0);
      for (const [at, [from]] of layers.entries()) if (at > 0) expect(from).toBe(layers[at - 1]?.[1]);
      expect(layers.at(-1)?.[1] ?? 0).toBe(period.total);
    }
  });
});

it("spans begin and end at midnight of UTC", () => {
  for (const span of ALL)
    for (const at of Object.values(costSpan(span, NOW)))
      if (at !== null) expect((at as number) % DAY).toBe(0);
  expect(costSpan({ kind: "this-month" }, NOW)).toEqual({ since_ms: Date.UTC(2026, 10, 1), until_ms: null });
  expect(costSpan({ kind: "this-year" }, NOW).since_ms).toBe(Date.UTC(2026, 0, 1));
  expect(costSpan({ kind: "custom", from: "2026-10-05", to: "2026-10-05" }, NOW)).toEqual({
    since_ms: Date.UTC(2026, 9, 5),
    until_ms: Date.UTC(2026, 9, 6),
  });
});

it("many partners are a few layers and one of all others", () => {
  const many = Array.from({ length: 40 }, (_, at) => ({
    day: "2026-11-05",
    partner: `Partner ${at}`,
    engine: "cloud" as const,
    microusd: 1_000_000 + at,
  }));
  const spend = spendOf(many, "partner", { since_ms: null, until_ms: null }, NOW);
  expect(spend.layers).toHaveLength(MOST_LAYERS + 1);
  expect(spend.layers.at(-1)).toBe(OTHERS);
  expect(spend.total).toBe(sum(many.map((one) => one.microusd)));
});

it("are used once anything was charged or reserved, and not before", () => {
  const none = answer({ since_ms: null, until_ms: null }, NOW, "none");
  expect(isUsed(none)).toBe(false);
  expect(isUsed({ ...none, month: { ...none.month, reserved_microusd: 1 } })).toBe(true);
  expect(isUsed(answer({ since_ms: null, until_ms: null }, NOW, null))).toBe(true);
});

it("hours of a span are reckoned to a month", () => {
  expect(perMonth(20, 365)).toBe(40);
  expect(perMonth(20, 0)).toBe(0);
});
