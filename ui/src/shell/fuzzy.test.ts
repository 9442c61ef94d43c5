import { describe, expect, it } from "vitest";

import { find, fit } from "./fuzzy";

const LABELS = [
  "Queue",
  "History",
  "Profiles",
  "Settings",
  "Choose files…",
  "Show the data folder",
  "Harbour Stories 12 – Final.mov · YouTube",
  "Spring_Promo_30s_v7.mov · Apple",
  "队列",
  "交付规格",
];
const found = (query: string) =>
  find(
    query,
    LABELS.map((label) => ({ label })),
  ).map((one) => one.label);

describe("finding", () => {
  it("finds everything by its own name, first", () => {
    for (const label of LABELS) expect(found(label)[0]).toBe(label);
  });

  it("finds everything by every beginning of its name, in any case", () => {
    for (const label of LABELS) {
      for (let end = 1; end <= label.length; end++) {
        if (label.slice(0, end).trim() === "") continue;
        expect(found(label.slice(0, end).toUpperCase())).toContain(label);
      }
    }
  });

  it("finds words in any order, and initials", () => {
    expect(found("final harbour")[0]).toMatch(/^Harbour/);
    expect(found("sdf")[0]).toBe("Show the data folder");
    expect(found("promo v7")[0]).toMatch(/^Spring/);
    expect(found("规格")).toEqual(["交付规格"]);
  });

  it("finds nothing by letters that only happen to be there", () => {
    expect(found("xyz")).toEqual([]);
    expect(found("uo")).toEqual([]);
  });

  it("prefers the start to the middle, and the start of words to their insides", () => {
    expect(fit("pro", "Profiles")).toBeGreaterThan(fit("pro", "Spring promo"));
    expect(fit("pro", "Spring promo")).toBeGreaterThan(fit("pro", "approval"));
  });

  it("keeps the order without a question", () => {
    expect(found("  ")).toEqual(LABELS);
  });

  it("ends in time for whatever is typed", () => {
    const label = "a-".repeat(200);
    const began = performance.now();
    fit("a".repeat(60) + "b", label);
    expect(performance.now() - began).toBeLessThan(200);
  });
});
