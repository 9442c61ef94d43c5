// What the work of the last fourteen months cost: the same every time, but for the day that it ends on.
import type {
  Comparison,
  CostSpan,
  CostsPage,
  DayCosts,
  EngineKind,
  Leftover,
  Leftovers,
  MonthCosts,
  PartnerCosts,
} from "$/ipc/bindings";

const DAY = 86_400_000;
const asked = () => new URLSearchParams(globalThis.location?.search ?? "");

/** How often each works, how many minutes at a time, and how much of it goes to the cloud. */
const PARTNERS = [
  { partner: "YouTube", often: 0.8, minutes: 46, cloud: 0.5, usd: 0.031 },
  { partner: "Apple HLS", often: 0.62, minutes: 58, cloud: 0.7, usd: 0.052 },
  { partner: "Northlight TV", often: 0.4, minutes: 90, cloud: 0.85, usd: 0.021 },
  { partner: "Archive", often: 0.3, minutes: 120, cloud: 0.15, usd: 0.018 },
  { partner: "Editing", often: 0.7, minutes: 75, cloud: 0.05, usd: 0.012 },
] as const;

/** From 0 to before 1, by its seeds alone. */
function chance(...seeds: number[]): number {
  let hash = 0x9e3779b9;
  for (const seed of seeds) {
    hash = Math.imul(hash ^ seed, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  }
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

interface Work {
  at: number;
  partner: string;
  engine: EngineKind;
  jobs: number;
  output_ms: number;
  microusd: number;
  estimate: number;
}

/** Everything done up to `now`, oldest first. `?costs=none`: nothing; `?costs=cheaper`: a great deal. */
export function work(now: number, mode = asked().get("costs")): Work[] {
  if (mode === "none") return [];
  const busy = mode === "cheaper" ? 30 : 1;
  const today = Math.floor(now / DAY);
  const done: Work[] = [];
  for (let age = 420; age >= 0; age--) {
    const day = today - age;
    const weekend = (day + 3) % 7 > 4;
    for (const [at, one] of PARTNERS.entries()) {
      const often = Math.floor((chance(day, at, 1) + one.often) * (weekend ? 0.7 : 1.6));
      // Something today, so that a month is never without anything on its first day.
      const jobs = age === 0 && at === 0 ? Math.max(often, 1) : often;
      if (jobs === 0) continue;
      const cloud = chance(day, at, 2) < one.cloud;
      const minutes = jobs * one.minutes * (0.4 + chance(day, at, 3)) * busy;
      const estimate = Math.round(minutes * (cloud ? one.usd : 0.0016) * 1e6);
      done.push({
        at: day * DAY,
        partner: one.partner,
        engine: cloud ? "cloud" : "local",
        jobs: jobs * busy,
        output_ms: Math.round(minutes * 60_000),
        microusd: cloud ? Math.round(estimate * (0.97 + 0.05 * chance(day, at, 4))) : estimate,
        estimate,
      });
    }
  }
  return done;
}

const dayName = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const sum = (all: readonly Work[], of: (one: Work) => number) =>
  all.reduce((total, one) => total + of(one), 0);
const RESERVED = 1_840_000;

function monthOf(all: readonly Work[], now: number, mode: string | null): MonthCosts {
  const month = dayName(now).slice(0, 7);
  const cloud = all.filter((one) => one.engine === "cloud" && dayName(one.at).startsWith(month));
  const settled = sum(cloud, (one) => one.microusd);
  const of = (partner: string) =>
    sum(
      cloud.filter((one) => one.partner === partner),
      (one) => one.microusd,
    );
  const limit = mode === "over" ? Math.floor(settled / 5e6) * 5e6 : Math.ceil((settled * 1.6) / 25e6) * 25e6;
  return {
    month,
    settled_microusd: settled,
    reserved_microusd: all.length === 0 ? 0 : RESERVED,
    limit_microusd: mode === "unlimited" || mode === "none" ? null : limit,
    profiles:
      all.length === 0
        ? []
        : [
            { profile: "apple-hls", spent_microusd: of("Apple HLS"), limit_microusd: 60_000_000 },
            {
              profile: "northlight-hd",
              spent_microusd: of("Northlight TV"),
              limit_microusd: Math.ceil(of("Northlight TV") / 1e7) * 1e7 + 10e6,
            },
          ],
  };
}

function partnersOf(all: readonly Work[], current: boolean): PartnerCosts[] {
  const names = [...new Set(all.map((one) => one.partner))];
  const rows = names.map((partner): PartnerCosts => {
    const mine = all.filter((one) => one.partner === partner);
    const of = (engine: EngineKind) => mine.filter((one) => one.engine === engine);
    return {
      partner,
      local_jobs: sum(of("local"), (one) => one.jobs),
      cloud_jobs: sum(of("cloud"), (one) => one.jobs),
      output_ms: sum(mine, (one) => one.output_ms),
      local_microusd: sum(of("local"), (one) => one.microusd),
      cloud_microusd: sum(of("cloud"), (one) => one.microusd),
      estimate_microusd: sum(of("cloud"), (one) => one.estimate),
      reserved_microusd: current && partner === "Apple HLS" ? RESERVED : 0,
    };
  });
  const whole = (one: PartnerCosts) => one.local_microusd + one.cloud_microusd;
  return rows.sort((a, b) => whole(b) - whole(a));
}

function comparisonOf(all: readonly Work[], hours: number): Comparison {
  const [usd, speed] = [0.68, 2];
  const output = sum(all, (one) => one.output_ms) / 3_600_000;
  const perDay = new Map<number, number>();
  for (const one of all) perDay.set(one.at, (perDay.get(one.at) ?? 0) + one.output_ms / 3_600_000);
  const machines = Math.max(1, Math.ceil(Math.max(0, ...perDay.values()) / (24 * speed)));
  const cloud = all.filter((one) => one.engine === "cloud");
  const price = sum(cloud, (one) => one.microusd) / (sum(cloud, (one) => one.output_ms) / 3_600_000);
  return {
    span_hours: hours,
    output_hours: output,
    usd_per_hour: usd,
    speed,
    machines,
    dedicated_microusd: Math.round(machines * hours * usd * 1e6),
    spent_microusd: sum(all, (one) => one.microusd),
    break_even_hours: cloud.length === 0 ? null : (usd * 730 * 1e6) / price,
  };
}

/** What the engine answers about a span. */
export function answer(span: CostSpan, now: number, mode = asked().get("costs")): CostsPage {
  const all = work(now, mode);
  const [since, until] = [span.since_ms ?? -Infinity, span.until_ms ?? Infinity];
  const found = all.filter((one) => one.at >= since && one.at < until);
  const days = found.map((one): DayCosts => ({
    day: dayName(one.at),
    partner: one.partner,
    engine: one.engine,
    microusd: one.microusd,
  }));
  const first = Math.max(since, all[0]?.at ?? now);
  return {
    month: monthOf(all, now, mode),
    days,
    partners: partnersOf(found, until > now),
    comparison: comparisonOf(found, Math.max((Math.min(until, now) - first) / 3_600_000, 1)),
    price_book: "2026-11-02",
  };
}

const job = (n: number) => `01933f20-10${(16 + n).toString(16)}-7a3c-9d10-5b1e00000000`;
const GB = 1_000_000_000;
let objects: Leftover[] | undefined;

function first(now: number): Leftover[] {
  const object = (key: string, bytes: number, hours: number, more: Partial<Leftover> = {}): Leftover => ({
    key: `spillway/${key}`,
    bytes,
    stored_ms: now - hours * 3_600_000,
    job: null,
    in_use: false,
    unfinished: false,
    ...more,
  });
  const used = { job: job(3), in_use: true };
  return [
    object(`${job(3)}/source/0003.mov`, 2.31 * GB, 0.2, used),
    object(`${job(3)}/source/0002.mov`, 2.28 * GB, 0.3, used),
    object(`${job(9)}/source/0001.mov`, 1.74 * GB, 52, { job: job(9) }),
    object(`${job(3)}/output/0001_1080p.mp4`, 0.42 * GB, 0.1, used),
    object(`${job(9)}/source/0002.mov`, 0.31 * GB, 52, { job: job(9), unfinished: true }),
    object("check/2f81.bin", 1_024, 410),
  ];
}

function left(): Leftovers {
  const bytes = (objects ??= first(Date.now())).reduce((total, one) => total + one.bytes, 0);
  return {
    objects,
    count: objects.length,
    bytes,
    monthly_microusd: Math.round((bytes / GB) * 24_500),
  };
}

function reached() {
  if (asked().get("bucket") !== "error") return;
  throw {
    kind: "cloud",
    message: "The bucket river-post-spillway cannot be listed: access is denied (s3:ListBucket).",
    failure: null,
    field: null,
  };
}

/** `?costs=none|error|cheaper|over|unlimited`, `?bucket=error|empty` in the address. */
export const handlers: Record<string, (args: any) => unknown> = {
  costs: ({ span }: { span: CostSpan }) => {
    if (asked().get("costs") === "error")
      throw { kind: "database", message: "The database is locked by another program.", failure: null };
    return answer(span, Date.now());
  },
  export_costs: () => true,
  leftovers: () => {
    reached();
    if (asked().get("bucket") === "empty") objects = [];
    return left();
  },
  sweep_cloud: () => {
    reached();
    objects = (objects ?? first(Date.now())).filter((one) => one.in_use);
    return left();
  },
};
