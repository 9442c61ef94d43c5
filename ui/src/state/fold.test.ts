import { describe, expect, it } from "vitest";

import type { Cell, StepKind, StepState } from "$/ipc";
import {
  applyProgress,
  applyStep,
  arranged,
  groupOf,
  reordered,
  settled,
  stageOf,
  trackOf,
  viewAfter,
  type FeedCell,
} from "./fold";
import { cloudOf, dice, idOf, liveOf, viewOf } from "./sample";

const step = (ord: number, state: StepState, attempt = 1) => ({
  event: "step" as const,
  ord,
  kind: "segment" as const,
  label: `segment ${ord} of 4`,
  state,
  attempt,
  frames: 100,
  failure: null,
  due_ms: null,
});

const NONE = { event: "step" as const, label: "", frames: 0, failure: null };
const KINDS: StepKind[] = ["upload", "segment", "download"];

describe("chunks that the cloud does", () => {
  const STATES: StepState[] = ["blocked", "ready", "running", "waiting", "done", "failed", "skipped"];

  it("are counted by how far they are, and their progress adds up to all frames, once", () => {
    const chance = dice(11);
    const track = trackOf(
      cloudOf(
        1,
        Array.from({ length: 5 }, () => ["ready", "blocked", "blocked"]),
      ),
    );
    expect(track.frames.all).toBe(500);
    for (let n = 0; n < 600; n++) {
      const ord = 1 + Math.floor(chance() * 15);
      const kind = KINDS[(ord - 1) % 3] as StepKind;
      const state = STATES[Math.floor(chance() * STATES.length)] ?? "ready";
      if (chance() < 0.5)
        applyStep(track, {
          ...NONE,
          ord,
          kind,
          state,
          attempt: 1,
          frames: kind === "segment" ? 100 : 0,
          due_ms: chance() < 0.5 ? 5 : null,
        });
      else applyProgress(track, { job: idOf(1), ord, done: Math.floor(chance() * 150), total: 100 });
      const segments = track.cells.filter((cell) => cell.kind === "segment");
      const stages = segments.map((cell) => stageOf(cell));
      expect(stages.every(({ part }) => part >= 0 && part <= 1)).toBe(true);
      const of = (...names: string[]) => stages.filter(({ stage }) => names.includes(stage)).length;
      expect(track.tally.segments).toEqual({
        all: 5,
        done: of("done", "skipped"),
        running: of("encoding"),
        waiting: of("retrying"),
        failed: of("failed"),
        uploading: of("uploading"),
        downloading: of("downloading"),
      });
      expect(track.frames.all).toBe(500);
      expect(track.frames.done).toBe(track.cells.reduce((sum, cell) => sum + cell.done, 0));
      expect(track.frames.done).toBeLessThanOrEqual(500);
      if (track.cells.every((cell) => cell.load === 0 || settled(cell.state)))
        expect(track.frames.done).toBe(500);
    }
  });

  it.each<[[StepState, StepState, StepState], string]>([
    [["ready", "blocked", "blocked"], "queued"],
    [["running", "blocked", "blocked"], "uploading"],
    [["done", "ready", "blocked"], "uploaded"],
    [["done", "running", "blocked"], "encoding"],
    [["done", "waiting", "blocked"], "encoding"],
    [["done", "done", "ready"], "encoded"],
    [["done", "done", "running"], "downloading"],
    [["done", "done", "done"], "done"],
    [["failed", "blocked", "blocked"], "failed"],
  ])("%s is %s", (states, stage) => {
    const cell = trackOf(cloudOf(1, [states])).cells.find((one) => one.kind === "segment") as FeedCell;
    expect(stageOf(cell).stage).toBe(stage);
  });

  it("that wait for another try are told from those that wait for the cloud", () => {
    const track = trackOf(cloudOf(1, [["done", "running", "blocked"]]));
    const segment = { ...NONE, ord: 2, kind: "segment" as const, frames: 100, attempt: 1 };
    applyStep(track, { ...segment, state: "waiting", due_ms: null });
    expect([track.tally.segments.running, track.tally.waiting]).toEqual([1, false]);
    expect(applyProgress(track, { job: idOf(1), ord: 2, done: 50, total: 100 })).toBe(true);
    applyStep(track, { ...segment, state: "waiting", due_ms: 9 });
    expect([track.tally.segments.waiting, track.tally.waiting]).toEqual([1, true]);
  });

  it("segments of this machine beside them stay what they are", () => {
    const live = cloudOf(1, [["done", "done", "done"]]);
    const cells = [...live.cells, { ...(live.cells[2] as Cell), ord: 9, state: "running" as const }];
    const track = trackOf({ ...live, cells });
    const mine = track.byOrd.get(9) as FeedCell;
    expect([mine.upload, mine.download, mine.load]).toEqual([null, null, 100]);
    expect(track.tally.segments).toMatchObject({ all: 2, done: 1, running: 1 });
  });
});

describe("steps", () => {
  it("progress beyond the promise stays within the step, and of idle steps is ignored", () => {
    const track = trackOf(liveOf(1, ["running", "ready"]));
    expect(applyProgress(track, { job: idOf(1), ord: 1, done: 9_999, total: 100 })).toBe(true);
    expect(track.frames).toEqual({ done: 100, all: 200 });
    expect(applyProgress(track, { job: idOf(1), ord: 2, done: 10, total: 100 })).toBe(false);
    expect(applyProgress(track, { job: idOf(1), ord: 1, done: 10, total: 0 })).toBe(false);
    expect(applyProgress(track, { job: idOf(1), ord: 99, done: 10, total: 100 })).toBe(false);
  });

  it("a job in full keeps what running steps had reached, but not of another try", () => {
    const live = liveOf(1, ["running", "running"]);
    const track = trackOf(live);
    for (const ord of [1, 2]) applyProgress(track, { job: idOf(1), ord, done: 40, total: 100 });
    const again = live.cells.map((cell) => (cell.ord === 2 ? { ...cell, attempt: 2 } : cell));
    expect(trackOf({ ...live, cells: again }, track).cells.map((cell) => cell.done)).toEqual([0, 40, 0, 0]);
  });

  it("frames and counts agree with the cells after any run of events", () => {
    const chance = dice(3);
    const track = trackOf(liveOf(1, ["ready", "ready", "ready", "ready"]));
    const states: StepState[] = ["ready", "running", "waiting", "done", "failed", "skipped", "blocked"];
    for (let n = 0; n < 400; n++) {
      const ord = 1 + Math.floor(chance() * 6);
      if (chance() < 0.5)
        applyStep(track, step(ord, states[Math.floor(chance() * states.length)] ?? "ready"));
      else applyProgress(track, { job: idOf(1), ord, done: Math.floor(chance() * 150), total: 100 });
      const ords = track.cells.map((cell) => cell.ord);
      expect(ords).toEqual([...new Set(ords)].sort((a, b) => a - b));
      for (const cell of track.cells) {
        expect(cell.part).toBeGreaterThanOrEqual(0);
        expect(cell.part).toBeLessThanOrEqual(1);
        expect(cell.done).toBeLessThanOrEqual(cell.frames);
        if (cell.state === "ready" || cell.state === "waiting") expect(cell.done).toBe(0);
      }
      const { total, done, running, failed } = track.tally.counts;
      expect(done + running + failed).toBeLessThanOrEqual(total);
      // What is kept in step by step is what a look at all cells finds.
      const segments = track.cells.filter((cell) => cell.kind === "segment");
      const sum = (of: (cell: FeedCell) => number) => segments.reduce((all, cell) => all + of(cell), 0);
      expect(track.frames).toEqual({ done: sum((cell) => cell.done), all: sum((cell) => cell.frames) });
      const at = (...states: StepState[]) => sum((cell) => Number(states.includes(cell.state)));
      expect(track.tally.segments).toEqual({
        all: segments.length,
        done: at("done", "skipped"),
        running: at("running"),
        waiting: at("waiting"),
        failed: at("failed"),
        uploading: 0,
        downloading: 0,
      });
      expect([...track.tally.running].sort()).toEqual(
        [...new Set(track.cells.filter((cell) => cell.state === "running").map((cell) => cell.kind))].sort(),
      );
    }
  });
});

describe("jobs", () => {
  it("state, wish and times follow the journal", () => {
    const queued = viewOf(1, { state: "queued", started_ms: null });
    const running = viewAfter(queued, { event: "job", state: "running", failure: null }, 50);
    expect(running).toMatchObject({ state: "running", started_ms: 50, ended_ms: null });
    const held = viewAfter(running, { event: "wished", wish: "pause" }, 60);
    expect(held.wish).toBe("pause");
    const over = viewAfter(held, { event: "job", state: "cancelled", failure: null }, 70);
    expect(over).toMatchObject({ state: "cancelled", started_ms: 50, ended_ms: 70 });
    expect(viewAfter(over, { event: "submitted" }, 80)).toBe(over);
  });

  it("open jobs keep their order, others follow newest first", () => {
    const make = (n: number, state: "queued" | "failed" | "delivered", ended: number | null = null) => ({
      id: idOf(n),
      view: viewOf(n, { state, ended_ms: ended }),
    });
    const jobs = [
      make(1, "delivered", 5),
      make(4, "queued"),
      make(2, "failed", 3),
      make(3, "failed", 9),
      make(5, "queued"),
    ];
    expect(arranged(jobs).map((job) => job.id)).toEqual([4, 5, 3, 2, 1].map(idOf));
    expect(arranged(jobs).map((job) => groupOf(job.view))).toEqual([
      "open",
      "open",
      "failed",
      "failed",
      "ended",
    ]);
  });

  it("moving jobs keeps every one of them, once", () => {
    const chance = dice(11);
    let jobs = Array.from({ length: 9 }, (_, n) => ({ id: idOf(n) }));
    const all = jobs.map((job) => job.id).sort();
    for (let n = 0; n < 200; n++) {
      const moved = jobs.filter(() => chance() < 0.3).map((job) => job.id);
      const rest = jobs.filter((job) => !moved.includes(job.id));
      const before = chance() < 0.2 ? null : (rest[Math.floor(chance() * rest.length)]?.id ?? null);
      jobs = reordered(jobs, moved, before);
      expect(jobs.map((job) => job.id).sort()).toEqual(all);
      const ids = jobs.map((job) => job.id);
      const at = before === null ? ids.length : ids.indexOf(before);
      expect(ids.slice(at - moved.length, at)).toEqual(moved);
    }
  });
});
