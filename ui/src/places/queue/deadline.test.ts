import { afterEach, describe, expect, it } from "vitest";

import { longDuration, time } from "$/format";
import { locale } from "$/i18n";
import type { JobForecast, JobState, Wish } from "$/ipc";
import { idOf, viewOf } from "$/state/sample";
import { deadlineOf, deadlineWords, isTrouble, verdictWords, type Deadline } from "./deadline";

afterEach(() => locale.set("en"));

const now = new Date(2026, 5, 17, 14).getTime();
const minute = 60_000;
const asked = (deadline_ms: number | null) => ({ title: null, metadata: {}, deadline_ms, watch: null });
const job = (state: JobState, due: number | null, more: { wish?: Wish; ended_ms?: number } = {}) =>
  viewOf(1, { state, extras: asked(due), ...more });
const ready = (finish_ms: number): JobForecast => ({
  job: idOf(1),
  start_ms: null,
  finish_ms,
  measured: true,
});

describe("a deadline", () => {
  it("nobody set is none, and one of a cancelled job is of no interest", () => {
    expect(deadlineOf(job("running", null), ready(now), now)).toBeNull();
    expect(deadlineOf(job("cancelled", now), null, now + minute)).toBeNull();
  });

  it("is met or missed by when the job was delivered, whatever the time is now", () => {
    for (const off of [-90, -1, 0, 1, 90]) {
      const ended_ms = now + off * minute;
      const found = deadlineOf(job("delivered", now, { ended_ms }), null, now + 1e9);
      expect(found).toEqual({ kind: off > 0 ? "missed" : "met", at: now, late: Math.max(0, off * minute) });
    }
  });

  it("is held against the forecast as long as it has not passed, to the minute", () => {
    const due = now + 60 * minute;
    for (let finish = 0; finish < 120; finish += 7) {
      const found = deadlineOf(job("running", due), ready(now + finish * minute), now);
      expect(found?.kind).toBe(finish > 60 ? "late" : "in-time");
      expect(found?.late).toBe(Math.max(0, finish - 60) * minute);
    }
    expect(deadlineOf(job("running", due), ready(due), due + 1)?.kind).toBe("passed");
  });

  it("of a job that does not go on by itself is only a time", () => {
    const due = now + 60 * minute;
    const late = ready(due + 60 * minute);
    for (const view of [job("running", due, { wish: "pause" }), job("failed", due)])
      expect(deadlineOf(view, late, now)).toEqual({ kind: "due", at: due, late: 0 });
    expect(deadlineOf(job("queued", due), null, now)?.kind).toBe("due");
  });

  it.each(["en", "zh-CN"] as const)("is said with the time, or how late, in %s", (language) => {
    locale.set(language);
    const kinds: Deadline["kind"][] = ["due", "in-time", "late", "passed", "met", "missed"];
    const of = (kind: Deadline["kind"]): Deadline => ({ kind, at: now, late: 25 * minute });
    for (const kind of kinds) {
      const words = deadlineWords(of(kind), now);
      if (kind === "met" || kind === "missed") expect(words).toBe(verdictWords(of(kind)));
      else expect(words).toContain(time(now));
      if (kind === "late" || kind === "missed") expect(words).toContain(longDuration(25 * minute));
    }
    const verdicts = kinds.map((kind) => verdictWords(of(kind)));
    expect(verdicts.filter((words) => words === "")).toEqual([""]);
    expect(new Set(verdicts).size).toBe(kinds.length);
    expect(kinds.filter((kind) => isTrouble(of(kind)))).toEqual(["late", "passed", "missed"]);
  });
});
