import { describe, expect, it } from "vitest";

import { time } from "$/format";
import { FeedJob } from "$/state/feed.svelte";
import { idOf, liveOf } from "$/state/sample";
import { progressWords, timeWords } from "./rowwords";

const now = new Date(2026, 5, 17, 14).getTime();
const minutes = (count: number) => now + count * 60_000;

function waiting(start: number | null, finish: number) {
  const job = new FeedJob(liveOf(1, [], { state: "queued", started_ms: null }));
  job.forecast = { job: idOf(1), start_ms: start, finish_ms: finish, measured: true };
  return job;
}

describe("a job that waits", () => {
  it("says when it starts and when it is ready", () => {
    const job = waiting(minutes(20), minutes(32));
    expect(progressWords(job, now)).toContain(time(minutes(20)));
    expect(timeWords(job)).toContain(time(minutes(32)));
  });

  it("that is about to start, has started, or has no forecast says no time", () => {
    const plain = progressWords(new FeedJob(liveOf(1, [], { state: "queued" })), now);
    expect(plain).not.toMatch(/\d/);
    for (const start of [now, now + 30_000, null])
      expect(progressWords(waiting(start, minutes(32)), now)).toBe(plain);
  });

  it("that is held says what it is, not when it would start", () => {
    const job = waiting(minutes(20), minutes(32));
    job.view = { ...job.view, wish: "pause" };
    job.apply({ event: "wished", wish: "pause" }, now);
    expect(progressWords(job, now)).not.toContain(time(minutes(20)));
    expect(timeWords(job)).toBe("");
  });
});
