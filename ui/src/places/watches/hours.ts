// Hours of the week as spans on one line, and back. Minutes count from Monday 00:00, local time.
import type { Hours, Weekday } from "$/ipc";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const satisfies readonly Weekday[];
export const DAY = 24 * 60;
export const WEEK = 7 * DAY;
/** What one cell of the week stands for, minutes. */
export const CELL = 30;

/** From `from` to before `to`. */
export interface Span {
  from: number;
  to: number;
}

/** Sorted, inside the week, none touching another. */
export type Spans = readonly Span[];

function merged(spans: readonly Span[]): Span[] {
  const found: Span[] = [];
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else if (to > from) found.push({ from, to });
  }
  return found;
}

/** What goes past Sunday night goes on on Monday morning. */
function wrapped({ from, to }: Span): Span[] {
  if (to <= WEEK) return [{ from, to }];
  return [
    { from, to: WEEK },
    { from: 0, to: to - WEEK },
  ];
}

/** Hours as spans of the week. */
export function spansOf(hours: readonly Hours[]): Spans {
  return merged(
    hours.flatMap(({ days, from_minute: from, to_minute: to }) => {
      const length = to > from ? to - from : to - from + DAY;
      return days.flatMap((day) => {
        const start = DAYS.indexOf(day) * DAY + from;
        return wrapped({ from: start, to: start + length });
      });
    }),
  );
}

/** Open or closed from `from` to before `to`, the rest as it was. */
export function painted(spans: Spans, from: number, to: number, open: boolean): Spans {
  if (open) return merged([...spans, { from, to }]);
  return spans.flatMap((span) =>
    [
      { from: span.from, to: Math.min(span.to, from) },
      { from: Math.max(span.from, to), to: span.to },
    ].filter((part) => part.to > part.from),
  );
}

/** How much of a part of the week is open. */
export function openness(spans: Spans, from: number, to: number): "all" | "some" | "none" {
  const open = spans.reduce(
    (sum, span) => sum + Math.max(0, Math.min(span.to, to) - Math.max(span.from, from)),
    0,
  );
  return open === 0 ? "none" : open === to - from ? "all" : "some";
}

/** Joined over Sunday night; the end may lie in the next week. */
function cyclic(spans: Spans): Span[] {
  const [first, last] = [spans[0], spans.at(-1)];
  if (!first || !last || spans.length < 2 || first.from !== 0 || last.to !== WEEK) return [...spans];
  return [...spans.slice(1, -1), { from: last.from, to: WEEK + first.to }];
}

/** In pieces that begin on one day; what is longer than a day is cut at midnight. */
function pieces({ from, to }: Span): Span[] {
  if (to - from <= DAY) return [{ from, to }];
  const found: Span[] = [];
  for (let at = from; at < to;) {
    const end = Math.min(to, (Math.floor(at / DAY) + 1) * DAY);
    found.push({ from: at, to: end });
    at = end;
  }
  return found;
}

/** Spans as hours: days with the same hours together, in the order of the week. */
export function hoursOf(spans: Spans): Hours[] {
  const byHours = new Map<string, Hours>();
  for (const { from, to } of cyclic(spans).flatMap(pieces)) {
    const day = DAYS[Math.floor(from / DAY) % 7] ?? "mon";
    const [from_minute, to_minute] = [from % DAY, to % DAY];
    const name = `${from_minute} ${to_minute}`;
    const known = byHours.get(name);
    if (known) known.days.push(day);
    else byHours.set(name, { days: [day], from_minute, to_minute });
  }
  const order = (one: Hours) => Math.min(...one.days.map((day) => DAYS.indexOf(day)));
  for (const one of byHours.values()) one.days.sort((a, b) => DAYS.indexOf(a) - DAYS.indexOf(b));
  return [...byHours.values()].sort((a, b) => order(a) - order(b) || a.from_minute - b.from_minute);
}

const workdays: Weekday[] = ["mon", "tue", "wed", "thu", "fri"];

/** Hours that people often mean. */
export const PRESETS: Readonly<Record<"nights" | "weekends" | "office", Hours[]>> = {
  nights: [{ days: [...DAYS], from_minute: 20 * 60, to_minute: 6 * 60 }],
  weekends: [
    { days: workdays, from_minute: 20 * 60, to_minute: 6 * 60 },
    { days: ["sat", "sun"], from_minute: 0, to_minute: 0 },
  ],
  office: [{ days: workdays, from_minute: 9 * 60, to_minute: 18 * 60 }],
};
