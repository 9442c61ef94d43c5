import { describe, expect, it } from "vitest";

import {
  addDays,
  addMonths,
  bounds,
  dayOf,
  parseDay,
  pickDay,
  PRESETS,
  weeksOf,
  type DateSpan,
} from "./dates";

const now = new Date(2026, 10, 22, 14, 30).getTime();
const day = (span: DateSpan) => bounds(span, now).map((ms) => (ms === null ? null : dayOf(new Date(ms))));

describe("spans", () => {
  it("begin and end at midnight, with the last day inside", () => {
    expect(day({ kind: "any" })).toEqual([null, null]);
    expect(day({ kind: "today" })).toEqual(["2026-11-22", null]);
    expect(day({ kind: "7-days" })).toEqual(["2026-11-16", null]);
    expect(day({ kind: "30-days" })).toEqual(["2026-10-24", null]);
    expect(day({ kind: "this-month" })).toEqual(["2026-11-01", null]);
    expect(day({ kind: "last-year" })).toEqual(["2025-01-01", "2026-01-01"]);
    expect(day({ kind: "custom", from: "2026-03-01", to: "2026-03-31" })).toEqual([
      "2026-03-01",
      "2026-04-01",
    ]);
    for (const kind of PRESETS) {
      for (const ms of bounds({ kind }, now)) if (ms !== null) expect(new Date(ms).getHours()).toBe(0);
    }
  });

  it("of one day hold it, also where clocks change", () => {
    for (let n = 0; n < 800; n += 1) {
      const date = addDays(new Date(2025, 0, 1), n);
      const [from, to] = bounds({ kind: "custom", from: dayOf(date), to: dayOf(date) }, now);
      const noon = new Date(date.getFullYear(), date.getMonth(), date.getDate(), 12).getTime();
      expect(from).toBeLessThan(noon);
      expect(to).toBeGreaterThan(noon);
      expect(parseDay(dayOf(date))?.getTime()).toBe(date.getTime());
    }
  });
});

it("days that do not exist are none", () => {
  for (const text of ["", "2026-02-30", "2026-13-01", "22.11.2026", "2026-11", "abc"])
    expect(parseDay(text)).toBeNull();
  expect(parseDay(" 2026/2/3 ")?.getTime()).toBe(new Date(2026, 1, 3).getTime());
});

it("months are added without going over", () => {
  expect(dayOf(addMonths(new Date(2026, 0, 31), 1))).toBe("2026-02-28");
  expect(dayOf(addMonths(new Date(2026, 0, 31), -2))).toBe("2025-11-30");
});

it("six weeks hold their month and begin with the first weekday", () => {
  for (let month = 0; month < 24; month += 1) {
    for (const first of [0, 1]) {
      const days = weeksOf(new Date(2026, month, 15), first).flat();
      expect(days).toHaveLength(42);
      expect(days[0]?.getDay()).toBe(first);
      const length = new Date(2026, month + 1, 0).getDate();
      expect(days.filter((one) => one.getMonth() === month % 12)).toHaveLength(length);
    }
  }
});

it("two picks make a span in order, a third one begins anew", () => {
  expect(pickDay(null, null, "2026-05-04")).toEqual({ from: "2026-05-04", to: null });
  expect(pickDay("2026-05-04", null, "2026-05-01")).toEqual({ from: "2026-05-01", to: "2026-05-04" });
  expect(pickDay("2026-05-01", "2026-05-04", "2026-06-01")).toEqual({ from: "2026-06-01", to: null });
});
