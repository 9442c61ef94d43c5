import { readFileSync } from "node:fs";

import { describe, expect, it, vi } from "vitest";

import type { Message } from "$/ipc";
import { JobFeed } from "./feed.svelte";
import { settled } from "./fold";

/** Messages of the real engine, as the window got them. */
const PATH = "src/ipc/fake/recorded-feed.json";
const recorded = (): Message[] => {
  const found = JSON.parse(readFileSync(PATH, "utf8")) as Message[] | { messages: Message[] };
  return Array.isArray(found) ? found : found.messages;
};

describe("a feed of the real engine", () => {
  it("begins with a snapshot, and its entries follow without a gap", () => {
    const messages = recorded();
    const first = messages[0];
    expect(first?.type).toBe("snapshot");
    let seq = first?.type === "snapshot" ? first.snapshot.seq : NaN;
    let entries = 0;
    for (const message of messages.slice(1)) {
      if (message.type === "snapshot") seq = message.snapshot.seq;
      if (message.type !== "event") continue;
      expect(message.event.seq).toBe(seq + 1);
      seq = message.event.seq;
      entries += 1;
    }
    expect(entries).toBeGreaterThan(0);
  });

  it("folds into jobs whose cells agree with their state, and progress never runs past its end", () => {
    let now = 0;
    const feed = new JobFeed(() => now);
    const again = vi.spyOn(feed, "start").mockResolvedValue();
    for (const message of recorded()) {
      now += 200;
      if (message.type === "progress")
        for (const step of message.steps)
          if (step.total > 0) expect(step.done).toBeLessThanOrEqual(step.total);
      feed.fold(message);
      for (const job of feed.jobs) {
        const fraction = job.figures.fraction ?? 0;
        expect(fraction).toBeGreaterThanOrEqual(0);
        expect(fraction).toBeLessThanOrEqual(1);
      }
    }
    expect(again).not.toHaveBeenCalled();
    expect(feed.connected).toBe(true);
    const delivered = feed.jobs.filter((job) => job.view.state === "delivered");
    expect(delivered.length).toBeGreaterThan(0);
    for (const job of delivered) {
      expect(job.cells.filter((cell) => !settled(cell.state))).toEqual([]);
      expect(job.figures.fraction).toBe(1);
      expect(job.view.outputs.length).toBeGreaterThan(0);
    }
    for (const job of feed.jobs.filter((one) => one.view.state === "failed"))
      expect(job.view.error).not.toBeNull();
  });

  it("one entry left out leads to a new subscription", () => {
    const messages = recorded();
    const out = messages.findIndex((message, at) => at > 0 && message.type === "event");
    const feed = new JobFeed();
    const again = vi.spyOn(feed, "start").mockResolvedValue();
    for (const message of messages.filter((_, at) => at !== out)) feed.fold(message);
    expect(again).toHaveBeenCalled();
  });
});
