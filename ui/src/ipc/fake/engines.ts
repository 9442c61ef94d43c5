/** What the engines of the fake back end would need and take, and which one it would be. */
import type { EngineKind, EngineOffer, EngineWish, EstimateLine, Money, Route } from "../bindings";
import { settingsNow } from "./settings";

export const PRICE_BOOK = "2026-11-22";
const MICRO = 1_000_000;

/** What the price of a job depends on. */
export interface Work {
  profile: string;
  seconds: number;
  uhd: boolean;
  /** Frame times are not evenly spaced. */
  variable: boolean;
  /** Working time here, ms. */
  localMs: number;
}

const route = (engine: EngineKind, id: string, text: string, values: Record<string, string> = {}): Route => ({
  engine,
  id,
  text,
  values,
});

function against({ profile, variable }: Work): Route | null {
  const cloud = settingsNow().cloud ?? {};
  if (!cloud.bucket || !cloud.role_arn)
    return route("local", "not-set-up", "The cloud is not set up: it needs a bucket and a role.");
  if (profile === "prores-mezzanine" && variable) return null;
  if (profile === "hevc-archive")
    return route(
      "local",
      "unsupported",
      "MediaConvert cannot make it as the profile asks: MediaConvert makes no HEVC in yuv422p10le.",
      { why: "MediaConvert makes no HEVC in yuv422p10le." },
    );
  return null;
}

function lines({ profile, seconds, uhd }: Work): EstimateLine[] {
  const minutes = seconds / 60;
  const rungs: [string, number, string][] =
    profile === "apple-hls"
      ? [
          ["hls 2160p", uhd ? 4 : 0, "UHD counts 4 times."],
          ["hls 1080p", 2, "HD counts 2 times."],
          ["hls 720p", 2, "HD counts 2 times."],
          ["hls 432p", 1, ""],
        ]
      : [
          [
            "main",
            uhd && profile !== "proxy-edit" ? 4 : 2,
            uhd ? "UHD counts 4 times." : "HD counts 2 times.",
          ],
        ];
  const professional = profile === "prores-mezzanine";
  const unit = professional ? 24_000_000 : 7_500_000;
  const made = rungs
    .filter(([, factor]) => factor > 0)
    .map(([of, factor, because]): EstimateLine => {
      const quantity = Math.round(minutes * factor * 1000) / 1000;
      const microusd = Math.round((quantity * unit) / 1000);
      const spread = profile === "youtube" ? 1.6 : 1;
      return {
        resource: "transcode",
        of,
        quantity,
        unit: "normalized-minute",
        unit_nanousd: unit,
        amount: { low_microusd: microusd, high_microusd: Math.round(microusd * spread) },
        tier: professional ? "professional" : "basic",
        because: professional ? `ProRes makes it professional. ${because}` : because,
      };
    });
  const gigabytes = Math.round(seconds * (uhd ? 0.11 : 0.03) * 100) / 100;
  const requests = Math.ceil(gigabytes * 16) + 40;
  const exactly = (microusd: number): Money => ({ low_microusd: microusd, high_microusd: microusd });
  const rest = (resource: "egress" | "requests", quantity: number, unit_nanousd: number): EstimateLine => ({
    resource,
    of: "",
    quantity,
    unit: resource === "egress" ? "gigabyte" : "request",
    unit_nanousd,
    amount: exactly(Math.round((quantity * unit_nanousd) / 1000)),
    tier: null,
    because: "",
  });
  return [
    ...made,
    rest("egress", Math.round(gigabytes * 8) / 100, 90_000_000),
    rest("requests", requests, 5_400),
  ];
}

const sum = (all: readonly EstimateLine[]): Money => ({
  low_microusd: all.reduce((total, line) => total + line.amount.low_microusd, 0),
  high_microusd: all.reduce((total, line) => total + line.amount.high_microusd, 0),
});

/** This machine, then the cloud. */
export function offers(work: Work): EngineOffer[] {
  const reason = against(work);
  const made = reason === null ? lines(work) : [];
  const hours = work.localMs / 3_600_000;
  const local = Math.round(hours * (settingsNow().cost?.machine_usd_per_hour ?? 0) * MICRO);
  return [
    {
      engine: "local",
      against: null,
      cost: { low_microusd: local, high_microusd: local },
      work_ms: work.localMs,
      lines: [],
      price_book: "",
    },
    {
      engine: "cloud",
      against: reason,
      cost: reason === null ? sum(made) : null,
      work_ms: reason === null ? Math.round(140_000 + work.seconds * 160) : null,
      lines: made,
      price_book: PRICE_BOOK,
    },
  ];
}

/** Which engine it would be; `null`: it is refused. */
export function routed(
  work: Work,
  wish: EngineWish,
  deadline: number | null,
  localEnd: number,
  now: number,
): Route | null {
  const refusal = against(work);
  if (wish === "local") return route("local", "asked-local", "This machine was asked for.");
  if (wish === "cloud")
    return refusal === null ? route("cloud", "asked-cloud", "The cloud was asked for.") : null;
  if (refusal) return refusal;
  const minutes = (ms: number) => String(Math.ceil(ms / 60_000));
  const local = minutes(localEnd - now);
  const cloud = minutes(140_000 + work.seconds * 160);
  if (deadline !== null) {
    const left = minutes(Math.max(0, deadline - now));
    return localEnd > deadline
      ? route(
          "cloud",
          "in-time-there",
          `This machine needs ${local} min and would miss the deadline, which is ${left} min away; the cloud needs ${cloud} min.`,
          { local, cloud, deadline: left },
        )
      : route(
          "local",
          "in-time-here",
          `This machine needs ${local} min and meets the deadline, which is ${left} min away.`,
          { local, deadline: left },
        );
  }
  if (Number(local) > 30)
    return route(
      "cloud",
      "sooner-there",
      `This machine needs ${local} min, more than the 30 min after which work spills over; the cloud needs ${cloud} min.`,
      { local, cloud, patience: "30" },
    );
  return route(
    "local",
    "soon-enough-here",
    `This machine needs ${local} min, less than the 30 min after which work spills over.`,
    { local, patience: "30" },
  );
}
