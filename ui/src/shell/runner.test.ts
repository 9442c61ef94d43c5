import { describe, expect, it } from "vitest";

import { runnerWords } from "./runner";

const now = new Date(2026, 5, 17, 14).getTime();
const jobs = { open: 3, going: 2, finish: now + 3_600_000 };

describe("the corner about the queue", () => {
  it("says different things in different states", () => {
    const titles = [
      runnerWords(now, false, null, jobs),
      runnerWords(now, false, { state: "here" }, jobs),
      runnerWords(now, true, { state: "here" }, jobs),
      runnerWords(now, true, { state: "here" }, { open: 0, going: 0, finish: null }),
      runnerWords(now, true, { state: "here" }, { open: 3, going: 0, finish: null }),
      runnerWords(now, true, { state: "here" }, { ...jobs, held: true }),
      runnerWords(now, true, { state: "elsewhere" }, jobs),
      runnerWords(now, true, { state: "stopped", why: null }, jobs),
    ].map((words) => words.title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it("names the day when it is not today's", () => {
    const today = runnerWords(now, true, { state: "here" }, jobs).more;
    const later = runnerWords(now, true, { state: "here" }, { ...jobs, finish: now + 20 * 3_600_000 }).more;
    expect(today).toContain("15:00");
    expect(later).toContain("10:00");
    expect(later).toContain("Tomorrow");
  });

  it("says why the queue is stopped", () => {
    expect(runnerWords(now, true, { state: "stopped", why: "No disk." }, jobs).more).toBe("No disk.");
  });
});
