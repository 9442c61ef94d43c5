/** The queue of the fake back end. `?still`: nothing moves; `?empty`; `?jobs=1000`: so many wait; `?held`: no space. */
import type { EngineWish, JobId, Message, Refused, Route, Runner, Wish } from "../bindings";
import { connect, emit } from "./wire";
import { failed, World, type FakeJob } from "./world";

interface Pipe {
  onmessage: (message: Message) => void;
}

const asked = new URLSearchParams(globalThis.location?.search ?? "");
/** Nothing moves by itself, and time stands. */
export const still = asked.has("still");
const TICK = 200;

/** The fake's only world. */
export const world = new World(still ? new Date().setHours(14, 3, 0, 0) : Date.now());
let runner: Runner = { state: "here" };
let timer: ReturnType<typeof setInterval> | undefined;

const MINUTE = 60_000;
/** The first watched folder of the fake back end. */
const WATCH = "01937001-4a00-7b11-9c22-000000000001";

function fill() {
  const masters = "/media/masters";
  world.add({
    source: `${masters}/northlight/Northlight_E04_Master_UHD.mov`,
    profile: "apple-hls",
    state: "running",
    minutes: 22,
    reached: 61,
    agoMinutes: 14,
    troubled: [17, 40],
    extras: {
      title: "Northlight E04",
      metadata: { order: "NL-2026-1147", "house number": "S02E04", contact: "Ana Ruiz, ext. 4412" },
      deadline_ms: world.now + 150 * MINUTE,
      watch: WATCH,
    },
  });
  world.add({
    source: `${masters}/Harbour Stories 12 – Final.mov`,
    profile: "youtube",
    state: "running",
    minutes: 11,
    reached: 9,
    agoMinutes: 3,
  });
  world.add({
    source: `${masters}/northlight/Northlight_Special_Storm_UHD.mov`,
    profile: "youtube",
    state: "running",
    minutes: 26,
    reached: 9,
    agoMinutes: 6,
    route: {
      engine: "cloud",
      id: "in-time-there",
      text: "This machine needs 1 h 27 min and would miss the deadline, which is 45 min away; the cloud needs 12 min.",
      values: { local: "87", cloud: "12", deadline: "45" },
    },
    extras: { deadline_ms: world.now + 45 * MINUTE },
  });
  world.add({
    source: `${masters}/promo/Spring_Promo_30s_v7.mov`,
    profile: "web-mp4",
    state: "running",
    minutes: 0.5,
    reached: 3,
    agoMinutes: 2,
  });
  world.add({
    source: `${masters}/夜航船 第三集 终版.mov`,
    profile: "hevc-archive",
    wish: "pause",
    state: "running",
    minutes: 41,
    reached: 88,
    agoMinutes: 40,
  });
  world.add({
    source: `${masters}/northlight/Northlight_E05_Master_UHD.mov`,
    profile: "apple-hls",
    minutes: 22,
  });
  world.add({
    source: `${masters}/northlight/Northlight_E05_Master_UHD.mov`,
    profile: "prores-mezzanine",
    minutes: 22,
  });
  world.add({
    source: `${masters}/Harbour Stories 13 – Final.mov`,
    profile: "youtube",
    minutes: 12,
    extras: { deadline_ms: world.now + 20 * MINUTE, watch: WATCH },
  });
  world.add({
    source: `${masters}/interviews/Interview_Okafor_cam-A_with_a_rather_long_name_2026-11-14.mxf`,
    profile: "proxy-edit",
    minutes: 64,
  });
  for (let at = 0; at < Number(asked.get("jobs") ?? 0); at++)
    world.add({
      source: `${masters}/rushes/A${String(at).padStart(4, "0")}_C001.mov`,
      profile: "proxy-edit",
      minutes: 3,
    });
  const stopped = `${masters}/inbox/Coastline_Doc_rev2.mov`;
  world.add({
    source: stopped,
    profile: "youtube",
    state: "failed",
    agoMinutes: 34,
    failure: failed(stopped, {
      code: "ARR-02",
      what: "\u201cCoastline_Doc_rev2.mov\u201d was not delivered: the file is incomplete.",
      why: "It ends 1.4 GB before the end that its own index names. This is usually a copy that stopped.",
      next: "Copy it again completely, then `spillway retry {id}`.",
      otherwise: "Compare its size with the sender's: this is usually a copy that stopped.",
      details: `source: ${stopped}\nbytes: 8 912 445 112\ndeclared: 10 402 011 904\nmoov: missing\nspillway 0.1.0`,
    }),
  });
  const full = `${masters}/northlight/Northlight_E03_Master_UHD.mov`;
  world.add({
    source: full,
    profile: "prores-mezzanine",
    state: "failed",
    minutes: 22,
    reached: 74,
    agoMinutes: 68,
    failure: failed(full, {
      code: "DSK-01",
      what: "\u201cNorthlight_E03_Master_UHD.mov\u201d was not delivered: there is not enough free space.",
      why: "The output folder has 2.1 GB free, and 38 GB are needed.",
      did: "The step \u201csegment 75 of 110\u201d was tried 2 times.",
      safe: "The source was only read; 74 of 110 finished segments are kept.",
      next: "Free some space, then `spillway retry {id}`; finished work is kept.",
      otherwise: "Use another work or output folder.",
      waiting_helps: true,
      details:
        "write: No space left on device (28)\nfolder: /media/deliveries/november\nfree: 2 254 857 830\nspillway 0.1.0",
    }),
  });
  world.add({
    source: `${masters}/Harbour Stories 11 – Final.mov`,
    profile: "youtube",
    state: "delivered",
    minutes: 10,
    agoMinutes: 55,
  });
  world.add({
    source: `${masters}/promo/Spring_Promo_15s_v7.mov`,
    profile: "web-mp4",
    state: "delivered",
    minutes: 0.25,
    agoMinutes: 90,
  });
  world.add({
    source: `${masters}/northlight/Northlight_E02_Master_UHD.mov`,
    profile: "apple-hls",
    state: "delivered",
    minutes: 21,
    agoMinutes: 180,
    engineWish: "cloud",
    route: { engine: "cloud", id: "asked-cloud", text: "The cloud was asked for.", values: {} },
  });
  world.add({
    source: `${masters}/promo/Teaser_draft.mov`,
    profile: "web-mp4",
    state: "cancelled",
    minutes: 1,
    reached: 2,
    agoMinutes: 200,
  });
}

if (!asked.has("empty")) fill();
// Workers are busy from the first picture on.
if (!asked.has("empty")) for (let at = 0; at < 12; at++) world.advance(TICK);
if (asked.has("held"))
  world.hold = {
    why: { because: "space", folder: "/media/scratch/spillway", needed: 38_400_000_000, free: 6_120_000_000 },
    since_ms: world.now - 26 * MINUTE,
    next_look_ms: world.now + 22_000,
  };
if (asked.get("runner") === "elsewhere") runner = { state: "elsewhere" };
if (asked.get("runner") === "stopped")
  runner = { state: "stopped", why: "The work folder /var/tmp/spillway cannot be written." };

function tick() {
  if (runner.state !== "here") return;
  world.advance(TICK);
  if (Math.round(world.now / TICK) % 10 === 0) world.forecast();
}

function each(ids: JobId[], act: (job: FakeJob) => string | null): Refused[] {
  return ids.flatMap((id) => {
    const why = act(world.find(id));
    return why === null
      ? []
      : [{ job: id, error: { kind: "not-possible" as const, message: why, failure: null, field: null } }];
  });
}

const over = (job: FakeJob) => !["queued", "running"].includes(job.view.state);

function wished(job: FakeJob, wish: Wish): string | null {
  if (over(job)) return "The job has ended.";
  job.view.wish = wish;
  world.tell(job, { event: "wished", wish });
  if (wish !== "run") {
    for (const step of job.steps.filter((one) => one.state === "running")) {
      step.attempt -= 1;
      Object.assign(step.attempts.at(-1) ?? {}, { ended_ms: world.now, outcome: "stopped" });
      world.step(job, step, "ready");
    }
  }
  if (wish === "cancel") world.end(job, "cancelled", null);
  return null;
}

/** The sheet's start and the sample use this, too. */
export function submit(
  source: string,
  profile: string,
  minutes = 4,
  terms: { wish?: EngineWish; route?: Route | null; deadline_ms?: number | null } = {},
): JobId {
  const { wish = "auto", route = null, deadline_ms = null } = terms;
  const extras = { deadline_ms };
  const job = world.add({ source, profile, minutes, agoMinutes: 0, engineWish: wish, route, extras });
  emit({ type: "job", job: world.live(job) });
  world.forecast();
  return job.view.id;
}

// oxlint-disable-next-line no-explicit-any
export const handlers: Record<string, (args: any) => unknown> = {
  subscribe({ channel }: { channel: Pipe }) {
    connect(channel);
    emit({ ...world.snapshot(), runner } as Message);
    world.progress();
    world.forecast();
    clearInterval(timer);
    if (!still) timer = setInterval(tick, TICK);
    return null;
  },
  wish_jobs: ({ jobs, wish }: { jobs: JobId[]; wish: Wish }) => each(jobs, (job) => wished(job, wish)),
  retry_jobs: ({ jobs }: { jobs: JobId[] }) =>
    each(jobs, (job) => {
      if (job.view.state !== "failed") return "Only failed jobs can be retried.";
      for (const step of job.steps) if (step.state === "failed") step.state = "ready";
      Object.assign(job.view, { state: "queued", error: null, ended_ms: null, wish: "run" });
      world.tell(job, { event: "job", state: "queued", failure: null });
      emit({ type: "job", job: world.live(job) });
      return null;
    }),
  remove_jobs: ({ jobs }: { jobs: JobId[] }) =>
    each(jobs, (job) => {
      if (!over(job)) return "The job has not ended.";
      world.tell(job, { event: "removed" });
      world.jobs = world.jobs.filter((one) => one !== job);
      return null;
    }),
  dismiss_jobs: ({ jobs }: { jobs: JobId[] }) =>
    each(jobs, (job) => {
      if (!over(job)) return "The job has not ended.";
      job.dismissed = true;
      world.tell(job, { event: "dismissed" });
      return null;
    }),
  move_jobs({ jobs, before }: { jobs: JobId[]; before: JobId | null }) {
    const moved = jobs.map((id) => world.find(id));
    const rest = world.jobs.filter((job) => !moved.includes(job));
    const at =
      before === null ? rest.findLastIndex((job) => !over(job)) + 1 : rest.indexOf(world.find(before));
    rest.splice(at, 0, ...moved);
    world.jobs = rest;
    let next = before;
    for (const job of moved.toReversed()) {
      world.tell(job, { event: "moved", before: next });
      next = job.view.id;
    }
    world.forecast();
    return null;
  },
  reveal: () => null,
  open: () => null,
  deliver_sample: () => [submit("/media/masters/Spillway Sample.mov", "web-mp4", 0.5)],
  run_again: () => null,
};
