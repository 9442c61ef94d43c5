import { describe, expect, it } from "vitest";

import { clockOf, dayOfMoment, momentOf, parseClock, usual } from "./due";

describe("deadlines", () => {
  it("a moment that is said as day and time is read as the same minute", () => {
    for (let hour = 0; hour < 24 * 40; hour += 7) {
      const moment = new Date(2026, 9, 10, hour, (hour * 13) % 60).getTime();
      expect(momentOf(dayOfMoment(moment), clockOf(moment))).toBe(moment);
    }
  });

  it("times are read as people write them, and nothing else is", () => {
    expect([parseClock("18:30"), parseClock("1830"), parseClock("9"), parseClock(" 9.05 ")]).toEqual([
      1110, 1110, 540, 545,
    ]);
    for (const no of ["", "24:00", "12:60", "noon", "1:2", "-1"]) expect(parseClock(no)).toBeNull();
    expect(momentOf("2026-02-30", "10:00")).toBeNull();
    expect(momentOf("2026-02-28", "x")).toBeNull();
  });

  it("what is often meant lies ahead, in order", () => {
    for (let hour = 0; hour < 24; hour++) {
      const now = new Date(2026, 10, 22, hour, 37).getTime();
      const times = usual(now).map((one) => one.at);
      expect(times.length).toBeGreaterThanOrEqual(3);
      expect(times.every((at) => at > now)).toBe(true);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }
  });
});
