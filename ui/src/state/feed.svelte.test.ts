import { beforeEach, describe, expect, it, vi } from "vitest";

import type { EventBody, Message } from "$/ipc";
import { commands, type Channel } from "$/ipc";
import { JobFeed } from "./feed.svelte";
import { reordered } from "./fold";
import { dice, idOf, liveOf, snapshotOf } from "./sample";

const event = (seq: number, job: number, body: EventBody): Message => ({
  type: "event",
  event: { seq, at_ms: 10_000 + seq, job: idOf(job), body },
});
const ids = (feed: JobFeed) => feed.jobs.map((job) => job.id);

let channels: Channel<Message>[] = [];
beforeEach(() => {
  channels = [];
  vi.stubGlobal("__TAURI_INTERNALS__", {
    transformCallback: () => channels.length,
    unregisterCallback: () => {},
  });
  vi.spyOn(commands, "subscribe").mockImplementation((channel) => {
    channels.push(channel);
    return Promise.resolve(null);
  });
});

describe("the feed", () => {
  it("is connected with the first snapshot, and orders jobs as it does", async () => {
    const feed = new JobFeed();
    await feed.start();
    expect(feed.connected).toBe(false);
    channels[0]?.onmessage(snapshotOf(5, [liveOf(2, ["ready"]), liveOf(1, ["done"])]));
    expect(feed.connected).toBe(true);
    expect(ids(feed)).toEqual([idOf(2), idOf(1)]);
    expect(feed.job(idOf(1))?.figures.fraction).toBeGreaterThan(0.9);
  });

  it("a gap leads to a new subscription, and the old one is heard no more", async () => {
    const feed = new JobFeed();
    await feed.start();
    channels[0]?.onmessage(snapshotOf(5, [liveOf(1, ["ready"])]));
    channels[0]?.onmessage(event(6, 1, { event: "wished", wish: "pause" }));
    expect(feed.job(idOf(1))?.view.wish).toBe("pause");
    channels[0]?.onmessage(event(8, 1, { event: "wished", wish: "run" }));
    expect(channels).toHaveLength(2);
    expect(feed.job(idOf(1))?.view.wish).toBe("pause");
    channels[0]?.onmessage(event(9, 1, { event: "wished", wish: "cancel" }));
    expect(feed.job(idOf(1))?.view.wish).toBe("pause");
    channels[1]?.onmessage(snapshotOf(9, [liveOf(1, ["done"], { wish: "run" })]));
    expect(feed.connected).toBe(true);
    expect(feed.job(idOf(1))?.view.wish).toBe("run");
    expect(channels).toHaveLength(2);
  });

  it("what the snapshot contains is not applied again", async () => {
    const feed = new JobFeed();
    await feed.start();
    channels[0]?.onmessage(snapshotOf(5, [liveOf(1, ["ready"])]));
    channels[0]?.onmessage(event(5, 1, { event: "removed" }));
    channels[0]?.onmessage(event(4, 1, { event: "removed" }));
    expect(ids(feed)).toEqual([idOf(1)]);
    expect(channels).toHaveLength(1);
  });

  it("progress changes cells in place and keeps the job's object", async () => {
    let now = 0;
    const feed = new JobFeed(() => now);
    feed.fold(snapshotOf(1, [liveOf(1, ["running", "ready"])]));
    const [job, list] = [feed.job(idOf(1)), feed.jobs];
    const cell = job?.cells[1];
    for (const done of [0, 20, 40, 60]) {
      feed.fold({ type: "progress", steps: [{ job: idOf(1), ord: 1, done, total: 100 }] });
      now += 1_000;
    }
    expect(feed.jobs).toBe(list);
    expect(job?.cells[1]).toBe(cell);
    expect(cell?.done).toBe(60);
    expect(job?.figures.framesPerSecond).toBeCloseTo(20, 6);
  });

  it("jobs change their group as they end, and come back when they are retried", () => {
    const feed = new JobFeed();
    feed.fold(snapshotOf(1, [liveOf(1, ["running"]), liveOf(2, ["ready"], { state: "queued" })]));
    feed.fold(event(2, 1, { event: "job", state: "failed", failure: null }));
    expect(ids(feed)).toEqual([idOf(2), idOf(1)]);
    expect(feed.open.map((job) => job.id)).toEqual([idOf(2)]);
    feed.fold(event(3, 1, { event: "job", state: "queued", failure: null }));
    expect(feed.open.map((job) => job.id)).toEqual([idOf(2), idOf(1)]);
    feed.fold(event(4, 2, { event: "removed" }));
    expect(ids(feed)).toEqual([idOf(1)]);
  });

  it("a forecast of all open jobs says how they are ordered, one of some does not", () => {
    const feed = new JobFeed();
    feed.fold(
      snapshotOf(
        1,
        [1, 2, 3].map((n) => liveOf(n, ["ready"])),
      ),
    );
    const forecast = (numbers: number[]): Message => ({
      type: "forecast",
      jobs: numbers.map((n, at) => ({ job: idOf(n), start_ms: null, finish_ms: at, measured: true })),
    });
    feed.fold(forecast([3, 2]));
    expect(ids(feed)).toEqual([1, 2, 3].map(idOf));
    expect(feed.job(idOf(1))?.forecast).toBeNull();
    feed.fold(forecast([3, 1, 2]));
    expect(ids(feed)).toEqual([3, 1, 2].map(idOf));
  });

  it("follows moves and dismissals of others", () => {
    const feed = new JobFeed();
    feed.fold(
      snapshotOf(
        1,
        [1, 2, 3].map((n) => liveOf(n, ["ready"])),
      ),
    );
    feed.fold(event(2, 3, { event: "moved", before: idOf(1) }));
    expect(ids(feed)).toEqual([3, 1, 2].map(idOf));
    feed.fold(event(3, 3, { event: "moved", before: null }));
    expect(ids(feed)).toEqual([1, 2, 3].map(idOf));
    feed.fold(event(4, 2, { event: "dismissed" }));
    expect(ids(feed)).toEqual([1, 3].map(idOf));
    expect(feed.job(idOf(2))).toBeUndefined();
  });

  it("comes to the order of a move of several jobs, entry by entry, and nothing jumps where it is there already", () => {
    const chance = dice(17);
    for (let round = 0; round < 60; round++) {
      const feed = new JobFeed();
      const all = Array.from({ length: 8 }, (_, n) => liveOf(n, ["ready"]));
      feed.fold(snapshotOf(0, all));
      const moved = all.map((live) => live.job.id).filter(() => chance() < 0.4);
      moved.sort(() => chance() - 0.5);
      const rest = ids(feed).filter((id) => !moved.includes(id));
      const before = rest[Math.floor(chance() * (rest.length + 1))] ?? null;
      const wanted = reordered(feed.jobs, moved, before).map((job) => job.id);
      // As the engine tells it: from the last to the first.
      const told = moved.toReversed().map((id, at): Message => {
        const body = { event: "moved" as const, before: wanted[wanted.indexOf(id) + 1] ?? null };
        return { type: "event", event: { seq: at + 1, at_ms: 0, job: id, body } };
      });
      for (const message of told) feed.fold(message);
      expect(ids(feed)).toEqual(wanted);

      const early = new JobFeed();
      early.fold(snapshotOf(0, all));
      early.reorder(moved, before);
      const list = early.jobs;
      for (const message of told) early.fold(message);
      expect(early.jobs).toBe(list);
    }
  });

  it("tells listeners each entry once, in order", () => {
    const feed = new JobFeed();
    const heard: number[] = [];
    const end = feed.listen((one) => heard.push(one.seq));
    feed.fold(snapshotOf(1, [liveOf(1, ["ready"])]));
    for (const seq of [2, 2, 3]) feed.fold(event(seq, 1, { event: "wished", wish: "run" }));
    end();
    feed.fold(event(4, 1, { event: "wished", wish: "run" }));
    expect(heard).toEqual([2, 3]);
  });

  it("a held queue is told by the snapshot and by messages, and so are counters", () => {
    const feed = new JobFeed();
    const why = { because: "space" as const, folder: "/out", needed: 20, free: 10 };
    const hold = { why, since_ms: 1, next_look_ms: 2 };
    feed.fold({ type: "hold", hold });
    expect(feed.hold).toEqual(hold);
    feed.fold(snapshotOf(1, []));
    expect(feed.hold).toBeNull();
    feed.fold({ type: "hold", hold });
    feed.fold({ type: "hold", hold: null });
    expect(feed.hold).toBeNull();
    feed.fold({ type: "revisions", revisions: { watches: 4, outbox: 2, hold: 1, costs: 0 } });
    feed.fold(snapshotOf(9, []));
    expect(feed.revisions.watches).toBe(4);
    expect(feed.snapshots).toBe(2);
  });

  it("window matters are kept until they are dealt with", () => {
    const feed = new JobFeed();
    feed.fold({ type: "hover", files: 3 });
    feed.fold({ type: "closing", running: 1, queued: 2 });
    feed.fold({ type: "open", job: idOf(1) });
    feed.fold({ type: "settings" });
    feed.fold({ type: "watch-folders", folders: ["/in", "/more"] });
    expect(feed.watchFolders).toEqual(["/in", "/more"]);
    expect([feed.hover, feed.closing, feed.opened, feed.settingsVersion]).toEqual([
      3,
      { running: 1, queued: 2 },
      idOf(1),
      1,
    ]);
  });
});
