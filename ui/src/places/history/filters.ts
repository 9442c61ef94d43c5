// What is looked for in the history.
import type { HistorySort, JobState } from "$/ipc";
import { ANY_TIME, bounds, type DateSpan } from "$/parts/dates";

import type { Question } from "./cache.svelte";

export const STATES: JobState[] = ["delivered", "failed", "cancelled", "running", "queued"];

export interface Filters {
  text: string;
  states: JobState[];
  partners: string[];
  span: DateSpan;
  sort: HistorySort;
}

export const NO_FILTERS: Filters = { text: "", states: [], partners: [], span: ANY_TIME, sort: "newest" };

export type FilterName = "text" | "states" | "partners" | "span";

/** Which filters leave something out. */
export function activeFilters(filters: Filters): FilterName[] {
  const active: FilterName[] = [];
  if (filters.text.trim() !== "") active.push("text");
  if (filters.states.length > 0) active.push("states");
  if (filters.partners.length > 0) active.push("partners");
  if (filters.span.kind !== "any") active.push("span");
  return active;
}

/** The filters with one of them, or all, taken away. */
export function without(filters: Filters, name: FilterName | "all"): Filters {
  if (name === "all") return { ...NO_FILTERS, sort: filters.sort };
  return { ...filters, [name]: NO_FILTERS[name] };
}

/** A value put in, or taken out. */
export function toggled<T>(values: readonly T[], value: T): T[] {
  return values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
}

export function questionOf(filters: Filters, now: number): Question {
  const [from_ms, to_ms] = bounds(filters.span, now);
  return {
    text: filters.text.trim(),
    states: filters.states,
    partners: filters.partners,
    from_ms,
    to_ms,
    sort: filters.sort,
  };
}
