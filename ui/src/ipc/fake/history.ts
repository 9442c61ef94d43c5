// A history of 100 000 jobs, the same every time.
import type { Code, HistoryPage, HistoryQuery, HistoryRow, HistoryTotals, JobState } from "$/ipc/bindings";

const DAY = 86_400_000;

const PROFILES = [
  ["youtube", "YouTube"],
  ["apple-hls", "Apple HLS"],
  ["web-mp4", "Web"],
  ["proxy-edit", "Editing"],
  ["prores-mezzanine", "Post production"],
  ["hevc-archive", "Archive"],
] as const;

const SHOWS = [
  "Northern Lights",
  "The Long Weir",
  "Harbour Watch",
  "River Stories",
  "Mainz heute",
  "Alpenglühen",
  "晨间新闻",
  "江河纪事",
  "Fjord Patrol",
  "Café Zoë",
  "Deep Water",
  "Tidal",
  "Late Edition",
  "Weekend Sport",
] as const;
const PARTS = [
  "trailer",
  "main",
  "clean feed",
  "promo 30s",
  "recap",
  "teaser",
  "interview",
  "B-roll",
] as const;
const FOLDERS = ["/mnt/masters", "/mnt/raid/deliveries", "/home/ana/Videos", "/mnt/masters/2026"] as const;
const EXTENSIONS = ["mov", "mxf", "mp4", "mov"] as const;

const FAILURES: [Code, string][] = [
  ["MED-01", "is damaged and could not be delivered."],
  ["PRE-01", "does not meet what the profile accepts."],
  ["DSK-01", "was not delivered, because the disk is full."],
  ["VER-01", "was encoded, but the output did not pass verification."],
  ["SRC-01", "changed while Spillway was working on it."],
];

/** A number from 0 to before `below` that depends on the seed alone. */
function pick(seed: number, salt: number, below: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(salt + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) % below;
}

function row(age: number, count: number, now: number): HistoryRow {
  const n = count - age;
  const [profile, partner] = PROFILES[pick(n, 1, PROFILES.length)] ?? PROFILES[0];
  const show = SHOWS[pick(n, 2, SHOWS.length)];
  const episode = String(1 + pick(n, 3, 24)).padStart(2, "0");
  const part = PARTS[pick(n, 4, PARTS.length)];
  const name = `${show} S0${1 + pick(n, 5, 5)}E${episode} ${part}.${EXTENSIONS[pick(n, 6, 4)]}`;
  const luck = pick(n, 7, 100);
  const state: JobState =
    age < 2 ? "running" : age < 5 ? "queued" : luck < 88 ? "delivered" : luck < 96 ? "failed" : "cancelled";
  // A few a day at first, then evenly over three years.
  const created =
    now - Math.floor((age * 3 * 365 * DAY) / Math.max(count, 1000)) - age * 41_000 - pick(n, 8, 600_000);
  const duration = 20_000 + pick(n, 9, 100) * pick(n, 10, 54_000);
  const work = Math.floor(duration * (0.3 + pick(n, 11, 100) / 60)) + 4_000;
  const ended = state === "delivered" || state === "failed" || state === "cancelled";
  const delivered = state === "delivered";
  const cloud = state !== "queued" && pick(n, 16, 100) < 22;
  const failure = state === "failed" ? FAILURES[pick(n, 12, FAILURES.length)] : undefined;
  return {
    id: `0190${n.toString(16).padStart(4, "0").slice(-4)}-${(n >>> 16).toString(16).padStart(4, "0")}-7000-8000-${n.toString(16).padStart(12, "0")}`,
    source: `${FOLDERS[pick(n, 13, 4)]}/${show}/${name}`,
    profile,
    partner,
    engine: cloud ? "cloud" : "local",
    state,
    created_ms: created,
    started_ms: state === "queued" ? null : created + 1_500 + pick(n, 14, 90_000),
    ended_ms: ended ? created + 95_000 + work : null,
    outputs: delivered ? 1 : 0,
    bytes: delivered ? Math.floor(duration * (60 + pick(n, 15, 3_000))) : 0,
    duration_ms: delivered ? duration : 0,
    cost_microusd: cloud && ended ? Math.floor((duration / 60_000) * (15_000 + pick(n, 17, 45_000))) : 0,
    error_code: failure?.[0] ?? null,
    error_what: failure ? `“${name}” ${failure[1]}` : null,
  };
}

/** The history of somebody who delivered this often, newest first. */
export function rows(count: number, now: number): HistoryRow[] {
  return Array.from({ length: count }, (_, age) => row(age, count, now));
}

function sums(found: HistoryRow[]): HistoryTotals {
  const totals: HistoryTotals = {
    jobs: found.length,
    delivered: 0,
    failed: 0,
    cancelled: 0,
    bytes: 0,
    duration_ms: 0,
    work_ms: 0,
    cost_microusd: 0,
  };
  for (const one of found) {
    if (one.state === "delivered" || one.state === "failed" || one.state === "cancelled")
      totals[one.state] += 1;
    totals.bytes += one.bytes;
    totals.duration_ms += one.duration_ms;
    totals.cost_microusd += one.cost_microusd;
    if (one.state === "delivered") totals.work_ms += (one.ended_ms ?? 0) - (one.started_ms ?? 0);
  }
  return totals;
}

interface Found {
  key: string;
  rows: HistoryRow[];
  totals: HistoryTotals;
  partners: string[];
}

/** The last answer, without the page: the next page is mostly of the same. */
const last = new WeakMap<HistoryRow[], Found>();

function look(all: HistoryRow[], query: HistoryQuery): Found {
  const key = JSON.stringify({ ...query, offset: 0, limit: 0 });
  const known = last.get(all);
  if (known?.key === key) return known;
  const words = (query.text ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const states = new Set(query.states ?? []);
  const partners = new Set(query.partners ?? []);
  const [from, to] = [query.from_ms ?? -Infinity, query.to_ms ?? Infinity];
  const rows = all.filter((one) => {
    if (states.size > 0 && !states.has(one.state)) return false;
    if (partners.size > 0 && !partners.has(one.partner)) return false;
    if (one.created_ms < from || one.created_ms >= to) return false;
    if (words.length === 0) return true;
    const text = `${one.source}\n${one.partner}\n${one.profile}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  if (query.sort === "oldest") rows.reverse();
  const found = {
    key,
    rows,
    totals: sums(rows),
    partners: [...new Set(all.map((one) => one.partner))].sort(),
  };
  last.set(all, found);
  return found;
}

/** What the engine answers to a query over these rows. */
export function answer(all: HistoryRow[], query: HistoryQuery): HistoryPage {
  const { rows, totals, partners } = look(all, query);
  const offset = query.offset ?? 0;
  return { rows: rows.slice(offset, offset + (query.limit ?? 0)), totals, partners };
}

let made: HistoryRow[] | undefined;

function asked(): string | null {
  return new URLSearchParams(globalThis.location?.search ?? "").get("history");
}

function history(): HistoryRow[] {
  made ??= rows(Number(asked() ?? 100_000), Date.now());
  return made;
}

/** Takes jobs out of the history. */
export function forget(jobs: string[]) {
  const gone = new Set(jobs);
  made = history().filter((one) => !gone.has(one.id));
}

/** A job of the history. */
export const past = (id: string): HistoryRow | undefined => history().find((one) => one.id === id);

/** `?history=12` in the address makes the history that long, `?history=error` breaks it. */
export const handlers: Record<string, (args: any) => unknown> = {
  history: ({ query }: { query: HistoryQuery }) => {
    if (asked() === "error") {
      throw { kind: "database", message: "The database is locked by another program.", failure: null };
    }
    return answer(history(), query);
  },
  export_history: ({ query }: { query: HistoryQuery }) =>
    answer(history(), { ...query, limit: 0 }).totals.jobs,
};
