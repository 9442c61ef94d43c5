// What was spent, by period and layer, as the chart and its table show it.
import type { CostSpan, CostsPage, DayCosts } from "$/ipc";
import { bounds, type DateSpan } from "$/parts/dates";

export const SPANS = ["this-month", "30-days", "this-year", "any"] as const;

/** Layers with a colour of their own; all others are one. */
export const MOST_LAYERS = 6;
/** The layer of all others. */
export const OTHERS = "";

export type LayerBy = "partner" | "engine";
export type Per = "day" | "week" | "month";

/** A column of the chart. */
export interface Period {
  /** First day, `YYYY-MM-DD`. */
  from: string;
  /** Amounts in the order of the layers, in millionths of a US dollar. */
  parts: number[];
  total: number;
}

export interface Spend {
  per: Per;
  /** Dearest first; the names of partners or engines. */
  layers: string[];
  /** Sums of the layers. */
  sums: number[];
  /** Oldest first, without gaps. */
  periods: Period[];
  total: number;
}

const DAY = 86_400_000;
const dayName = (ms: number) => new Date(ms).toISOString().slice(0, 10);

/** The first moment of the same day in UTC. */
function inUtc(local: number | null): number | null {
  if (local === null) return null;
  const date = new Date(local);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
}

/** The span in days of UTC, in which charges are counted. */
export function costSpan(span: DateSpan, now: number): CostSpan {
  const utc = new Date(now);
  const today = new Date(utc.getUTCFullYear(), utc.getUTCMonth(), utc.getUTCDate(), 12);
  const [from, to] = bounds(span, today.getTime());
  return { since_ms: inUtc(from), until_ms: inUtc(to) };
}

function perOf(days: number): Per {
  if (days <= 62) return "day";
  return days <= 430 ? "week" : "month";
}

/** First day of the period that a day belongs to. Weeks begin on Monday. */
function beginning(day: string, per: Per): string {
  if (per === "day") return day;
  if (per === "month") return `${day.slice(0, 7)}-01`;
  const at = Date.parse(day);
  return dayName(at - ((new Date(at).getUTCDay() + 6) % 7) * DAY);
}

function next(from: string, per: Per): string {
  const at = new Date(from);
  if (per === "month") return dayName(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1));
  return dayName(at.getTime() + (per === "week" ? 7 : 1) * DAY);
}

/** Layers, dearest first; those that are not among the dearest are one. */
function layersOf(days: readonly DayCosts[], by: LayerBy): string[] {
  const sums = new Map<string, number>();
  for (const one of days) sums.set(one[by], (sums.get(one[by]) ?? 0) + one.microusd);
  const names = [...sums]
    .filter(([, sum]) => sum > 0)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([name]) => name);
  return names.length <= MOST_LAYERS + 1 ? names : [...names.slice(0, MOST_LAYERS), OTHERS];
}

/** Amounts of a span by period and layer. */
export function spendOf(days: readonly DayCosts[], by: LayerBy, span: CostSpan, now: number): Spend {
  const layers = layersOf(days, by);
  const spent = days.filter((one) => one.microusd !== 0).map((one) => one.day);
  const earliest = spent.reduce((least, day) => (day < least ? day : least), dayName(now));
  const latest = spent.reduce((most, day) => (day > most ? day : most), dayName(now));
  const first = span.since_ms == null ? earliest : dayName(span.since_ms);
  const last = span.until_ms == null ? latest : dayName(span.until_ms - 1);
  const per = perOf((Date.parse(last) - Date.parse(first)) / DAY + 1);
  const byStart = new Map<string, Period>();
  for (let from = beginning(first, per); from <= last; from = next(from, per))
    byStart.set(from, { from, parts: layers.map(() => 0), total: 0 });
  const sums = layers.map(() => 0);
  for (const one of days) {
    const period = byStart.get(beginning(one.day, per));
    if (!period || one.microusd === 0) continue;
    const known = layers.indexOf(one[by]);
    const layer = known < 0 ? layers.length - 1 : known;
    period.parts[layer] = (period.parts[layer] ?? 0) + one.microusd;
    period.total += one.microusd;
    sums[layer] = (sums[layer] ?? 0) + one.microusd;
  }
  const periods = [...byStart.values()];
  return { per, layers, sums, periods, total: periods.reduce((sum, one) => sum + one.total, 0) };
}

/** Where the layers of a column begin and end, the dearest at the bottom. */
export function stacked(period: Period): [from: number, to: number][] {
  let at = 0;
  return period.parts.map((part) => {
    const from = at;
    at += part;
    return [from, at];
  });
}

/** Whether there is anything to show: charges, or jobs of the cloud. */
export function isUsed(page: CostsPage): boolean {
  const { month } = page;
  return (
    month.settled_microusd + month.reserved_microusd > 0 ||
    page.days.some((one) => one.microusd > 0) ||
    page.partners.some((one) => one.cloud_jobs > 0 || one.cloud_microusd + one.reserved_microusd > 0)
  );
}

/** Hours a month that a span's hours come to. */
export const HOURS_A_MONTH = 730;
export const perMonth = (hours: number, spanHours: number) =>
  spanHours > 0 ? (hours / spanHours) * HOURS_A_MONTH : 0;
