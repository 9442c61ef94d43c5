// Watched folders of the fake back end, the same every time. `?empty`: none; `?watches=100000`: so many files in the
// first one; `?watches=error`: they cannot be read.
import type {
  ArrivalCounts,
  ArrivalJob,
  ArrivalPage,
  ArrivalQuery,
  ArrivalReason,
  ArrivalState,
  ArrivalView,
  Place,
  WatchSettings,
  WatchState,
  WatchView,
} from "../bindings";
import { still, world } from "./queue";
import { revised } from "./revisions";

const asked = new URLSearchParams(globalThis.location?.search ?? "");
const TICK = 1_000;
const SECOND = 1_000;
const MINUTE = 60_000;
const GB = 1e9;

const base: WatchSettings = {
  profiles: ["youtube"],
  out_dir: null,
  include: [],
  exclude: [],
  recursive: true,
  mirror: true,
  settle_s: 5,
  after: { do: "leave" },
  hours: [],
  priority: 0,
  sidecar: "optional",
  queue_url: null,
};

const idOf = (kind: number, n: number) =>
  `0193${kind}${n.toString(16).padStart(3, "0")}-4a00-7b11-9c22-${n.toString(16).padStart(12, "0")}`;

let watches: WatchView[] = [];
let files: ArrivalView[] = [];
/** How many were added. */
let added = 0;

const empty = (): ArrivalCounts => ({
  waiting: 0,
  held: 0,
  at_work: 0,
  delivered: 0,
  failed: 0,
  skipped: 0,
});

const pathOf = (place: Place) =>
  place.kind === "folder" ? place.path : `s3://${place.bucket}/${place.prefix}`;

function watch(place: Place, state: WatchState, settings: Partial<WatchSettings> = {}): WatchView {
  const set = { ...base, ...settings };
  const now = Date.now();
  const held = state.state === "unreachable" || state.state === "paused";
  const every = state.state === "polling" ? state.every_s * SECOND : 5 * MINUTE;
  return {
    id: idOf(7, watches.length + 1),
    place,
    settings: set,
    out_dir: set.out_dir ?? `${pathOf(place)}-delivered`,
    state,
    counts: empty(),
    scanned_ms: state.state === "new" ? null : now - every / 3,
    scan_took_ms: state.state === "new" ? null : state.state === "polling" ? 2_140 : 38,
    next_scan_ms: state.state === "paused" ? null : held ? now + 9 * SECOND : now + (every * 2) / 3,
    closed_until_ms: null,
    created_ms: now - 40 * 86_400_000,
  };
}

/** A job that can be opened. */
function job(n: number, profile: string, state: ArrivalJob["state"]): ArrivalJob {
  const fitting = world.jobs.filter((one) => one.view.state === state);
  const found = fitting[n % Math.max(1, fitting.length)] ?? world.jobs[n % Math.max(1, world.jobs.length)];
  return { id: found?.view.id ?? idOf(8, n), profile, state };
}

interface File {
  path: string;
  gb: number;
  state: ArrivalState;
  reason: ArrivalReason;
  /** Seconds until the next look. */
  next?: number;
  jobs?: ArrivalJob[];
  agoMinutes?: number;
}

function arrive(owner: WatchView, file: File) {
  const seen = Date.now() - (file.agoMinutes ?? 1) * MINUTE;
  files.push({
    id: files.length + 1,
    watch: owner.id,
    path: file.path,
    bytes: Math.round(file.gb * GB),
    state: file.state,
    reason: file.reason,
    next_look_ms: file.next === undefined ? null : Date.now() + file.next * SECOND,
    first_seen_ms: seen,
    changed_ms: file.reason.reason === "settling" ? Date.now() - 3 * SECOND : seen,
    jobs: file.jobs ?? [],
  });
}

function inbox(owner: WatchView) {
  const now = Date.now();
  const add = (file: File) => arrive(owner, file);
  add({
    path: "northlight/Northlight_E06_Master_UHD.mov",
    gb: 0.9,
    state: "held",
    reason: { reason: "incomplete", why: "It ends 1.4 GB before the end that its own index names." },
    next: 47,
    agoMinutes: 22,
  });
  add({
    path: "promo/Autumn_Promo_30s_v2.mov",
    gb: 0.4,
    state: "held",
    reason: {
      reason: "bad-sidecar",
      file: "Autumn_Promo_30s_v2.spillway.toml",
      why: "Line 3, column 9: there is no profile “youtub”; did you mean “youtube”?",
    },
    next: 52,
    agoMinutes: 9,
  });
  add({
    path: "Harbour Stories 14 – Final.mov",
    gb: 12.4,
    state: "waiting",
    reason: { reason: "growing", bytes_per_s: 180_000_000 },
    next: 2,
  });
  add({
    path: "Harbour Stories 15 – Final.mov",
    gb: 9.8,
    state: "waiting",
    reason: { reason: "settling", until_ms: now + 12 * SECOND },
    next: 12,
  });
  add({
    path: "interviews/Interview_Okafor_cam-B.mxf",
    gb: 31.2,
    state: "waiting",
    reason: { reason: "being-written" },
    next: 5,
  });
  add({
    path: "promo/Spring_Promo_15s_v8.mov",
    gb: 0.2,
    state: "at-work",
    reason: { reason: "submitted" },
    jobs: [job(0, "youtube", "running"), job(1, "apple-hls", "queued")],
    agoMinutes: 4,
  });
  add({
    path: "Harbour Stories 12 – Final copy.mov",
    gb: 8.1,
    state: "skipped",
    reason: {
      reason: "same",
      path: "Harbour Stories 12 – Final.mov",
      job: job(1, "youtube", "running").id,
    },
    agoMinutes: 31,
  });
  add({
    path: "inbox/Coastline_Doc_rev2.mov",
    gb: 8.9,
    state: "failed",
    reason: { reason: "submitted" },
    jobs: [job(0, "youtube", "failed"), job(0, "apple-hls", "delivered")],
    agoMinutes: 36,
  });
  const more = Number(asked.get("watches") ?? 0) || 24;
  for (let n = 0; n < more; n++) {
    const show = ["Northlight", "Harbour Stories", "Spring_Promo", "夜航船", "Deep Water"][n % 5] ?? "";
    add({
      path: `${n % 3 === 0 ? "archive/2026/" : ""}${show}_${String(more - n).padStart(5, "0")}_Master.mov`,
      gb: 1 + ((n * 7) % 23) / 2,
      state: "delivered",
      reason: { reason: "submitted" },
      jobs: [job(n, "youtube", "delivered"), job(n + 1, "apple-hls", "delivered")],
      agoMinutes: 55 + n * 37,
    });
  }
}

function fill() {
  const add = (...args: Parameters<typeof watch>) => {
    const one = watch(...args);
    watches.push(one);
    return one;
  };
  inbox(
    add(
      { kind: "folder", path: "/media/masters/inbox" },
      { state: "watching" },
      {
        profiles: ["youtube", "apple-hls"],
        out_dir: "/media/deliveries/november",
      },
    ),
  );
  const nas = add(
    { kind: "folder", path: "/mnt/nas/Harbour Films/To deliver" },
    {
      state: "polling",
      every_s: 30,
      why: { because: "network-drive", file_system: "cifs", source: "//nas.harbour.lan/post" },
    },
    {
      profiles: ["prores-mezzanine"],
      after: { do: "move", folder: "delivered" },
      include: ["*.mov", "*.mxf"],
    },
  );
  arrive(nas, {
    path: "Deep_Water_S02E04.mov",
    gb: 44.6,
    state: "waiting",
    reason: { reason: "growing", bytes_per_s: 96_000_000 },
    next: 21,
  });
  arrive(nas, {
    path: "Deep_Water_S02E03.mov",
    gb: 41.9,
    state: "delivered",
    reason: { reason: "moved", to: "/mnt/nas/Harbour Films/To deliver/delivered" },
    jobs: [job(2, "prores-mezzanine", "delivered")],
    agoMinutes: 190,
  });
  const share = add(
    { kind: "folder", path: "/mnt/share/夜航船/成片" },
    {
      state: "unreachable",
      since_ms: new Date().setHours(14, 2, 0, 0),
      why: { because: "not-mounted", source: "//10.0.4.20/share", mount_point: "/mnt/share" },
    },
    { profiles: ["hevc-archive"], sidecar: "required" },
  );
  arrive(share, {
    path: "第三集_终版.mov",
    gb: 18.2,
    state: "waiting",
    reason: { reason: "no-sidecar" },
    agoMinutes: 80,
  });
  const bucket = add(
    { kind: "bucket", bucket: "northlight-ingest", prefix: "incoming/" },
    { state: "polling", every_s: 60, why: { because: "bucket" } },
    {
      profiles: ["apple-hls", "web-mp4", "proxy-edit"],
      out_dir: "/media/deliveries/northlight",
      hours: [{ days: ["mon", "tue", "wed", "thu", "fri"], from_minute: 1200, to_minute: 360 }],
    },
  );
  bucket.closed_until_ms = new Date().setHours(44, 0, 0, 0);
  arrive(bucket, {
    path: "Northlight_E07_Master_UHD.mov",
    gb: 22,
    state: "waiting",
    reason: { reason: "fetching", done: 6.4 * GB, total: 22 * GB },
  });
  arrive(bucket, {
    path: "Northlight_E07_Trailer.mov",
    gb: 1.2,
    state: "waiting",
    reason: { reason: "outside-hours", until_ms: bucket.closed_until_ms },
    next: 3600,
  });
  add(
    { kind: "folder", path: "/home/mira/Desktop/Quick proxies" },
    { state: "paused" },
    {
      profiles: ["proxy-edit"],
      recursive: false,
    },
  );
  for (const one of watches) count(one);
}

const FIELD: Partial<Record<ArrivalState, keyof ArrivalCounts>> = {
  waiting: "waiting",
  held: "held",
  "at-work": "at_work",
  delivered: "delivered",
  failed: "failed",
  skipped: "skipped",
};

function count(one: WatchView) {
  one.counts = empty();
  for (const file of files) {
    const field = file.watch === one.id ? FIELD[file.state] : undefined;
    if (field) one.counts[field] += 1;
  }
}

if (!asked.has("empty")) fill();

/** A second goes by: files grow, become still, are taken. */
function tick() {
  const now = Date.now();
  for (const one of watches) {
    if (one.next_scan_ms === null || one.next_scan_ms > now) continue;
    const every = one.state.state === "polling" ? one.state.every_s * SECOND : 5 * MINUTE;
    [one.scanned_ms, one.next_scan_ms] = [
      now,
      now + (one.state.state === "unreachable" ? 30 * SECOND : every),
    ];
  }
  for (const file of files) {
    if (file.reason.reason === "growing") {
      file.bytes += file.reason.bytes_per_s;
      [file.changed_ms, file.next_look_ms] = [now, now + 2 * SECOND];
    } else if (file.reason.reason === "fetching") {
      file.reason.done = Math.min(file.reason.total, file.reason.done + 0.2 * GB);
    } else if (file.next_look_ms !== null && file.next_look_ms <= now) file.next_look_ms = now + 5 * SECOND;
  }
  revised("watches");
}
if (!still) setInterval(tick, TICK);

const fault = (message: string, field: string | null = null) => ({
  kind: field === null ? ("no-such-watch" as const) : ("bad-watch" as const),
  message,
  failure: null,
  field,
});

function find(id: string): WatchView {
  const one = watches.find((each) => each.id === id);
  if (!one) throw fault(`No watched folder is called ${id}.`);
  return one;
}

function judge(place: string, settings: WatchSettings) {
  const wrong = [...settings.include, ...settings.exclude].find((pattern) => /\[[^\]]*$/.test(pattern));
  if (wrong) throw fault(`The pattern “${wrong}” makes no sense: unclosed character class.`, "patterns");
  if (settings.out_dir === place)
    throw fault(
      `Results of ${place} cannot go into ${place}: it is the same folder, and they would be taken for masters.`,
      "out_dir",
    );
}

const ORDER: ArrivalState[] = ["held", "waiting", "at-work", "failed", "skipped", "delivered", "gone"];
let sorted: { of: number; rows: ArrivalView[] } | undefined;

function ordered(): ArrivalView[] {
  if (sorted?.of !== files.length) {
    const rank = (file: ArrivalView) => Math.min(2, ORDER.indexOf(file.state));
    const rows = files.toSorted((a, b) => rank(a) - rank(b) || b.first_seen_ms - a.first_seen_ms);
    sorted = { of: files.length, rows };
  }
  return sorted.rows;
}

/** What the engine answers. */
function answer({ watch, states, text, offset, limit }: ArrivalQuery): ArrivalPage {
  const words = text.toLowerCase();
  const rows = ordered().filter(
    (file) =>
      (watch === null || file.watch === watch) &&
      (states.length === 0 ? file.state !== "gone" : states.includes(file.state)) &&
      (words === "" || file.path.toLowerCase().includes(words)),
  );
  return { rows: rows.slice(offset, offset + limit), total: rows.length };
}

interface Changed {
  watch: string;
  settings: WatchSettings;
}

// oxlint-disable-next-line no-explicit-any
export const handlers: Record<string, (args: any) => unknown> = {
  watches: () => {
    if (asked.get("watches") === "error")
      throw {
        kind: "database",
        message: "The database is locked by another program.",
        failure: null,
        field: null,
      };
    return watches;
  },
  arrivals: ({ query }: { query: ArrivalQuery }) => answer(query),
  add_watch: ({ place, settings }: { place: string; settings: WatchSettings }) => {
    if (watches.some((one) => pathOf(one.place) === place))
      throw fault(`${place} is watched already.`, "place");
    if (place.includes("missing")) throw fault(`${place} is not a folder.`, "place");
    judge(place, settings);
    const [bucket = "", ...rest] = place.replace(/^s3:\/\//, "").split("/");
    const at: Place = place.startsWith("s3://")
      ? { kind: "bucket", bucket, prefix: rest.join("/") }
      : { kind: "folder", path: place };
    const one = watch(at, { state: "new" }, settings);
    one.id = idOf(9, ++added);
    watches = [...watches, one];
    revised("watches");
    return one.id;
  },
  edit_watch: ({ watch: id, settings }: Changed) => {
    const one = find(id);
    judge(pathOf(one.place), settings);
    one.settings = settings;
    one.out_dir = settings.out_dir ?? `${pathOf(one.place)}-delivered`;
    revised("watches");
  },
  pause_watch: ({ watch: id, paused }: { watch: string; paused: boolean }) => {
    const one = find(id);
    one.state = paused ? { state: "paused" } : { state: "watching" };
    one.next_scan_ms = paused ? null : Date.now() + MINUTE;
    revised("watches");
  },
  remove_watch: ({ watch: id }: { watch: string }) => {
    watches = watches.filter((one) => one !== find(id));
    files = files.filter((file) => file.watch !== id);
    revised("watches");
  },
  scan_watch: ({ watch: id }: { watch: string }) => {
    const one = find(id);
    [one.scanned_ms, one.next_scan_ms] = [Date.now(), Date.now() + 5 * MINUTE];
    revised("watches");
  },
  deliver_again: ({ arrival }: { arrival: number }) => {
    const file = files.find((one) => one.id === arrival);
    if (!file) throw fault("No such file in a watched folder.");
    file.state = "at-work";
    file.reason = { reason: "submitted" };
    file.jobs = [job(0, "youtube", "queued"), ...file.jobs];
    count(find(file.watch));
    sorted = undefined;
    revised("watches");
  },
  choose_watch_folder: () => "/media/masters/evening",
  choose_watch_out_dir: () => "/media/deliveries/evening",
  set_drop: () => null,
};
