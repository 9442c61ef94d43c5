import { describe, expect, it } from "vitest";

import { answer, rows } from "$/ipc/fake/history";
import { activeFilters, NO_FILTERS, questionOf, STATES, toggled, without, type Filters } from "./filters";

const NOW = new Date(2026, 10, 22, 12).getTime();
const all = rows(3_000, NOW);
const find = (filters: Filters) => answer(all, { ...questionOf(filters, NOW), offset: 0, limit: 10_000 });

const set: Filters = {
  text: " fjord ",
  states: ["failed", "delivered"],
  partners: ["YouTube"],
  span: { kind: "30-days" },
  sort: "oldest",
};

describe("filters", () => {
  it("are named when they leave something out, and taken away one by one", () => {
    expect(activeFilters(NO_FILTERS)).toEqual([]);
    expect(activeFilters(set)).toEqual(["text", "states", "partners", "span"]);
    for (const name of activeFilters(set)) {
      const rest = without(set, name);
      expect(activeFilters(rest)).toEqual(activeFilters(set).filter((other) => other !== name));
      expect(find(rest).totals.jobs).toBeGreaterThanOrEqual(find(set).totals.jobs);
    }
    expect(without(set, "all")).toEqual({ ...NO_FILTERS, sort: "oldest" });
  });

  it("of white space alone leave nothing out", () => {
    expect(activeFilters({ ...NO_FILTERS, text: "  " })).toEqual([]);
    expect(questionOf({ ...NO_FILTERS, text: "  " }, NOW).text).toBe("");
  });

  it("find what they say, in the order they say", () => {
    const { rows: found, totals } = find({ ...set, span: { kind: "any" } });
    expect(totals.jobs).toBe(found.length);
    expect(found.length).toBeGreaterThan(0);
    found.forEach((row, n) => {
      expect(["failed", "delivered"]).toContain(row.state);
      expect(row.partner).toBe("YouTube");
      expect(row.source.toLowerCase()).toContain("fjord");
      if (n > 0) expect(row.created_ms).toBeGreaterThanOrEqual(found[n - 1]?.created_ms ?? 0);
    });
  });

  it("by state add up to everything", () => {
    const parts = STATES.map((state) => find({ ...NO_FILTERS, states: [state] }).totals.jobs);
    expect(parts.reduce((a, b) => a + b, 0)).toBe(all.length);
    expect(STATES).toHaveLength(5);
  });
});

it("a value toggled twice is as before", () => {
  expect(toggled(toggled(["a", "b"], "c"), "c")).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "a")).toEqual(["b"]);
});

it("the same history comes every time", () => {
  expect(rows(50, NOW)).toEqual(all.slice(0, 0).concat(rows(50, NOW)));
  expect(new Set(all.map((row) => row.id)).size).toBe(all.length);
});
