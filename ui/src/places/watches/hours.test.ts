import { afterEach, describe, expect, it } from "vitest";

import { locale } from "$/i18n";
import type { Hours } from "$/ipc";
import { dice } from "$/state/sample";
import { CELL, DAY, DAYS, hoursOf, openness, painted, PRESETS, spansOf, WEEK, type Spans } from "./hours";
import { hoursWords } from "./hourswords";

afterEach(() => locale.set("en"));

/** Whether each minute of the week is open. */
const minutes = (spans: Spans) =>
  Uint8Array.from({ length: WEEK }, (_, at) => Number(spans.some((one) => one.from <= at && at < one.to)));

/** The same, straight from the meaning of hours. */
function meant(hours: readonly Hours[]) {
  const open = new Uint8Array(WEEK);
  for (const { days, from_minute: from, to_minute: to } of hours)
    for (const day of days)
      for (let at = from; at < (to > from ? to : to + DAY); at++)
        open[(DAYS.indexOf(day) * DAY + at) % WEEK] = 1;
  return open;
}

function chanced(chance: () => number): Hours[] {
  const minute = () => Math.floor(chance() * 48) * CELL;
  return Array.from({ length: 1 + Math.floor(chance() * 3) }, () => ({
    days: DAYS.filter(() => chance() < 0.4),
    from_minute: minute(),
    to_minute: minute() || (chance() < 0.5 ? DAY : 0),
  }));
}

describe("hours of the week", () => {
  it("mean the same as spans, sorted and apart from one another", () => {
    const chance = dice(4);
    for (let round = 0; round < 60; round++) {
      const hours = chanced(chance);
      const spans = spansOf(hours);
      expect(minutes(spans)).toEqual(meant(hours));
      spans.forEach((one, at) => {
        expect(one.from).toBeLessThan(one.to);
        expect(one.from).toBeGreaterThan(spans[at - 1]?.to ?? -1);
      });
    }
  });

  it("come back the same from spans, as hours that the engine knows", () => {
    const chance = dice(9);
    for (let round = 0; round < 200; round++) {
      const spans = spansOf(chanced(chance));
      const hours = hoursOf(spans);
      expect(spansOf(hours)).toEqual(spans);
      for (const { days, from_minute, to_minute } of hours) {
        expect(days.length).toBeGreaterThan(0);
        expect(new Set(days).size).toBe(days.length);
        for (const minute of [from_minute, to_minute]) {
          expect(minute).toBeGreaterThanOrEqual(0);
          expect(minute).toBeLessThan(DAY);
        }
      }
    }
  });

  it("painting changes what is painted and nothing else", () => {
    const chance = dice(23);
    let spans: Spans = [];
    const open = new Uint8Array(WEEK);
    for (let stroke = 0; stroke < 200; stroke++) {
      const from = Math.floor(chance() * (WEEK / CELL)) * CELL;
      const to = Math.min(WEEK, from + Math.ceil(chance() * 20) * CELL);
      const on = chance() < 0.55;
      spans = painted(spans, from, to, on);
      open.fill(Number(on), from, to);
      expect(openness(spans, from, to)).toBe(on ? "all" : "none");
    }
    expect(minutes(spans)).toEqual(open);
  });

  it("that do not fit the cells are shown as partly open, and stay as they are", () => {
    const odd: Hours[] = [{ days: ["wed"], from_minute: 22 * 60 + 15, to_minute: 23 * 60 }];
    const spans = spansOf(odd);
    const at = 2 * DAY + 22 * 60;
    expect(openness(spans, at, at + CELL)).toBe("some");
    expect(openness(spans, at + CELL, at + 2 * CELL)).toBe("all");
    expect(hoursOf(painted(spans, 0, CELL, true))).toContainEqual(odd[0]);
  });

  it("a night from Sunday to Monday stays one night", () => {
    expect(hoursOf(spansOf(PRESETS.nights))).toEqual(PRESETS.nights);
    expect(hoursOf(spansOf(PRESETS.office))).toEqual(PRESETS.office);
  });
});

describe("hours in words", () => {
  it("are short", () => {
    expect(hoursWords([])).toBe("At any time");
    expect(hoursWords(PRESETS.nights)).toBe("Every day 20:00–06:00");
    expect(hoursWords(PRESETS.office)).toBe("Mon–Fri 09:00–18:00");
    expect(hoursWords([{ days: ["sat"], from_minute: 0, to_minute: DAY }])).toBe("Sat all day");
    expect(hoursWords([{ days: ["mon", "wed"], from_minute: 600, to_minute: 0 }])).toBe(
      "Mon, Wed 10:00–24:00",
    );
    expect(hoursWords([{ days: [...DAYS], from_minute: 0, to_minute: 0 }])).toBe("At any time");
    expect(hoursWords([{ days: [], from_minute: 0, to_minute: 60 }])).toBe("Never");
  });

  it("are in the language of the window", () => {
    locale.set("zh-CN");
    expect(hoursWords(PRESETS.office)).toBe("周一至周五 09:00–18:00");
  });
});
