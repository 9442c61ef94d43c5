import { afterEach, describe, expect, it } from "vitest";

import {
  bytes,
  calendar,
  duration,
  list,
  longDuration,
  money,
  moneyDifference,
  moneyMark,
  moneyRange,
  percent,
  percentDifference,
  preciseTime,
  quantity,
  relativeDay,
  speed,
  time,
  timecode,
  weekday,
  wholeSpan,
} from "./format";
import { locale, type Locale } from "./i18n";

afterEach(() => locale.set("en"));
const LOCALES: Locale[] = ["en", "zh-CN"];
/** Numbers spread over all magnitudes, always the same ones. */
const spread = (count: number, most: number) =>
  Array.from({ length: count }, (_, i) => Math.round(most ** ((i + 1) / count)) + ((i * 7919) % 13));
const figure = (text: string) => Number(/[\d.,]+/.exec(text)?.[0].replaceAll(",", ""));

describe.each(LOCALES)("in %s", (language) => {
  const inside = <T>(make: () => T): T => {
    locale.set(language);
    return make();
  };

  it("small quantities keep their first figures", () =>
    inside(() => {
      expect([0, 0.0000432, 0.25, 1, 2.1666].map(quantity)).toEqual(["0", "0.000043", "0.25", "1", "2.17"]);
    }));

  it("sizes keep their value to 1% and never have more than four figures", () => {
    const scale: Record<string, number> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, PB: 1e15 };
    for (const n of spread(300, 9e15)) {
      const text = inside(() => bytes(n));
      const unit = text.split(/\s/).at(-1) ?? "";
      expect(Math.abs((figure(text) * (scale[unit] ?? NaN)) / n - 1), text).toBeLessThan(0.01);
      expect(text.replace(/\D/g, "").length, text).toBeLessThan(5);
    }
  });

  it("durations can be read back to the second", () => {
    for (const ms of spread(300, 3e9)) {
      const read = inside(() => duration(ms))
        .split(":")
        .reduce((sum, part) => sum * 60 + Number(part), 0);
      expect(read).toBe(Math.round(ms / 1000));
    }
  });

  it("progress is 100% at the end alone, and never runs back", () => {
    let last = -1;
    for (let i = 0; i <= 1000; i++) {
      const shown = figure(inside(() => percent(i / 1000)));
      expect(shown).toBeGreaterThanOrEqual(last);
      expect(shown === 100).toBe(i === 1000);
      last = shown;
    }
  });

  it("long spans say one or two units and never nothing", () => {
    for (const ms of spread(200, 4e9)) {
      const text = inside(() => longDuration(ms));
      expect(text.match(/\d+/g)?.length ?? 0).toBeLessThanOrEqual(2);
      expect(text).not.toMatch(/\b0\b|undefined|NaN/);
    }
  });

  it("times are on a 24-hour clock", () => {
    expect(inside(() => time(new Date(2026, 2, 1, 23, 5).getTime()))).toBe("23:05");
    expect(inside(() => time(new Date(2026, 2, 1, 0, 5).getTime()))).toBe("00:05");
  });

  it("days have different names within a week", () => {
    const now = new Date(2026, 5, 17, 15).getTime();
    const names = Array.from({ length: 14 }, (_, ago) =>
      inside(() => relativeDay(now - ago * 86_400_000, now)),
    );
    expect(new Set(names).size).toBe(14);
  });

  it("days end at midnight, not 24 hours later", () => {
    const night = new Date(2026, 5, 17, 0, 1).getTime();
    expect(inside(() => relativeDay(night - 120_000, night))).toBe(
      inside(() => relativeDay(night - 80_000_000, night)),
    );
    expect(inside(() => relativeDay(night - 120_000, night))).not.toBe(
      inside(() => relativeDay(night, night)),
    );
  });
});

it("speeds get fewer figures as they grow", () => {
  expect([0.421, 2.14, 38.4].map(speed)).toEqual(["0.42×", "2.1×", "38×"]);
});

it("money is exact for small sums and in cents for large ones", () => {
  expect([0, 4200, 1_250_000].map(money)).toEqual(["$0.00", "$0.0042", "$1.25"]);
});

describe.each(LOCALES)("amounts in %s", (language) => {
  it("are whole: a range says both ends, or one where they read alike", () => {
    locale.set(language);
    for (const low_microusd of spread(60, 9e9).filter((one) => one >= 100)) {
      const high_microusd = low_microusd * 3;
      const words = moneyRange({ low_microusd, high_microusd });
      const [from = "", to = ""] = words.split("–");
      expect(from).toMatch(/^(US)?\$/);
      expect(to).not.toContain("$");
      for (const [text, amount] of [
        [from, low_microusd],
        [to, high_microusd],
      ] as const)
        expect(Math.abs(figure(text) * 1e6 - amount), words).toBeLessThanOrEqual(
          low_microusd < 1e4 ? 50 : 5_000,
        );
      expect(moneyRange({ low_microusd, high_microusd: low_microusd })).toBe(money(low_microusd));
    }
  });

  it("that differ have a sign, but for nothing", () => {
    locale.set(language);
    for (const amount of spread(40, 9e9).filter((one) => one >= 50)) {
      expect(moneyDifference(amount)).toBe(`+${money(amount)}`);
      expect(moneyDifference(-amount)).toBe(`−${money(amount)}`);
    }
    expect([0.25, -0.004, 0.00001].map(percentDifference)).toEqual(["+25%", "−0.4%", "0%"]);
    expect([0, 4, -4].map(moneyDifference)).toEqual([money(0), money(0), money(0)]);
  });

  it("beside an axis differ from mark to mark", () => {
    locale.set(language);
    for (const step of [500, 20_000, 250_000, 2_000_000, 5e9]) {
      const marks = [0, 1, 2, 3, 4].map((at) => moneyMark(at * step, step));
      expect(new Set(marks).size).toBe(5);
    }
  });
});

it("a day of a calendar is the same day everywhere", () => {
  expect(calendar("2026-03-01", "whole")).toBe("March 1, 2026");
  expect(calendar("2026-03", "whole-month")).toBe("March 2026");
  locale.set("zh-CN");
  expect(calendar("2026-03-01", "whole")).toBe("2026年3月1日");
});

it("timecode counts every frame once", () => {
  const seen = Array.from({ length: 250 }, (_, frame) => timecode((frame * 1000) / 25, 25));
  expect(new Set(seen).size).toBe(250);
  expect(seen.at(-1)).toBe("00:00:09:24");
});

it("whole spans are exact, in the largest unit that divides them", () => {
  const seconds: Record<string, number> = { sec: 1, min: 60, hr: 3600 };
  for (const n of [0, 1, 30, 59, 60, 61, 90, 300, 3600, 3660, 7200]) {
    const [figure = "", unit = ""] = wholeSpan(n).split(" ");
    expect(Number(figure) * (seconds[unit] ?? NaN), wholeSpan(n)).toBe(n);
  }
  expect([wholeSpan(300), wholeSpan(7200), wholeSpan(-3)]).toEqual(["5 min", "2 hr", "0 sec"]);
});

it("days of the week begin with Monday, whatever the time zone", () => {
  expect([0, 6].map((day) => weekday(day, "long"))).toEqual(["Monday", "Sunday"]);
  locale.set("zh-CN");
  expect([0, 6].map((day) => weekday(day, "short"))).toEqual(["周一", "周日"]);
});

it("times to the second begin with the time, and lists are joined as the language does", () => {
  const at = new Date(2026, 5, 17, 14, 2, 5).getTime();
  expect(preciseTime(at)).toBe(`${time(at)}:05`);
  expect(list(["A", "B"])).toBe("A, B");
  locale.set("zh-CN");
  expect([list(["A", "B"]), list(["A", "B"], "parts")]).toEqual(["A、B", "A，B"]);
});
