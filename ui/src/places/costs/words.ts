import { calendar, list, money } from "$/format";
import { m } from "$/i18n";
import type { DateSpan } from "$/parts/dates";
import { spanWords } from "$/parts/spanwords";
import { OTHERS, type LayerBy, type Per, type Period, type Spend } from "./figures";

const TITLES: Record<Per, () => string> = {
  day: m.costs_per_day,
  week: m.costs_per_week,
  month: m.costs_per_month,
};
const HEADS: Record<Per, () => string> = {
  day: m.costs_day,
  week: m.costs_week,
  month: m.costs_month_column,
};

export const perTitle = (per: Per) => TITLES[per]();
export const perHead = (per: Per) => HEADS[per]();

/** Name of a layer. */
export function layerWord(layer: string, by: LayerBy): string {
  if (by === "engine") return layer === "cloud" ? m.costs_engine_cloud() : m.costs_engine_local();
  return layer === OTHERS ? m.costs_others() : layer;
}

/** A period in words. */
export function periodWords(from: string, per: Per): string {
  if (per === "month") return calendar(from, "whole-month");
  const day = calendar(from, "whole");
  return per === "week" ? m.costs_week_of({ day }) : day;
}

/** What a column says when it is reached by key. */
export function reading(spend: Spend, period: Period, by: LayerBy): string {
  const words = periodWords(period.from, spend.per);
  if (period.total === 0) return m.costs_reading_nothing({ period: words });
  const parts = spend.layers
    .map((layer, at) => ({ layer, amount: period.parts[at] ?? 0 }))
    .filter(({ amount }) => amount !== 0)
    .map(({ layer, amount }) => `${layerWord(layer, by)} ${money(amount)}`);
  return m.costs_reading({ period: words, total: money(period.total), parts: list(parts, "parts") });
}

/** The span that is looked at. */
export const spanLabel = (span: DateSpan) => (span.kind === "any" ? m.costs_span_all() : spanWords(span));
