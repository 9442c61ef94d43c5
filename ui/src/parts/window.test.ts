import { describe, expect, it } from "vitest";

import { clampIndex, rowsInView } from "./window";

describe("rows in view", () => {
  const places = [0, 1, 43, 44, 45, 500, 4_399_000, 4_400_000, 9e9];
  const counts = [0, 1, 10, 100_000];

  it("stay within the list, hold what is seen, and are few", () => {
    for (const top of places) {
      for (const count of counts) {
        for (const height of [0, 10, 700]) {
          const view = rowsInView({ top, height, rowHeight: 44, count, overscan: 5 });
          expect(view.first).toBeGreaterThanOrEqual(0);
          expect(view.first).toBeLessThanOrEqual(view.seenFirst);
          expect(view.seenLast).toBeLessThanOrEqual(view.last);
          expect(view.last).toBeLessThanOrEqual(count);
          expect(view.last - view.first).toBeLessThanOrEqual(Math.ceil(height / 44) + 1 + 10 + 1);
        }
      }
    }
  });

  it("cover every pixel of the view", () => {
    for (let top = 0; top < 2_000; top += 7) {
      const { seenFirst, seenLast } = rowsInView({
        top,
        height: 300,
        rowHeight: 44,
        count: 1_000,
        overscan: 0,
      });
      expect(seenFirst * 44).toBeLessThanOrEqual(top);
      expect(seenLast * 44).toBeGreaterThanOrEqual(top + 300);
    }
  });
});

it("the nearest index exists, unless there is none", () => {
  expect([-5, 0, 3, 9, 100].map((index) => clampIndex(index, 10))).toEqual([0, 0, 3, 9, 9]);
  expect(clampIndex(4, 0)).toBe(-1);
});
