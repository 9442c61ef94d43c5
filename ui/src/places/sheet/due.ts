/** Moments to choose a deadline from, and moments as somebody types them. Local time. Pure. */
import { addDays, dayOf, parseDay, type Day } from "$/parts/dates";

/** A time of day, `HH:MM`. */
export type Clock = string;

const two = (n: number) => String(n).padStart(2, "0");
const at = (day: Date, hours: number) => new Date(day.getFullYear(), day.getMonth(), day.getDate(), hours);
const ROUND = 15 * 60_000;

export const clockOf = (ms: number): Clock =>
  `${two(new Date(ms).getHours())}:${two(new Date(ms).getMinutes())}`;
export const dayOfMoment = (ms: number): Day => dayOf(new Date(ms));

/** Minutes after midnight of `18:30`, `1830`, `9` or `9:05`; `null`: no time of day. */
export function parseClock(text: string): number | null {
  const parts = /^(\d{1,2})(?:[:.：]?(\d{2}))?$/.exec(text.trim());
  if (!parts) return null;
  const [hours, minutes] = [Number(parts[1]), Number(parts[2] ?? 0)];
  return hours < 24 && minutes < 60 ? hours * 60 + minutes : null;
}

/** The moment of a day and a time of day, ms UTC; `null` where one of them is none. */
export function momentOf(day: string, clock: string): number | null {
  const [date, minutes] = [parseDay(day), parseClock(clock)];
  if (date === null || minutes === null) return null;
  const moment = new Date(date.getFullYear(), date.getMonth(), date.getDate(), 0, minutes);
  return moment.getTime();
}

/** A deadline that is often meant. */
export interface Usual {
  kind: "two-hours" | "tonight" | "morning" | "tomorrow-night";
  at: number;
}

/** What is often meant, soonest first; nothing that is over, or nearly. */
export function usual(now: number): Usual[] {
  const today = addDays(new Date(now), 0);
  const all: Usual[] = [
    { kind: "two-hours", at: Math.ceil((now + 2 * 3_600_000) / ROUND) * ROUND },
    { kind: "tonight", at: at(today, 18).getTime() },
    { kind: "morning", at: at(addDays(today, 1), 9).getTime() },
    { kind: "tomorrow-night", at: at(addDays(today, 1), 18).getTime() },
  ];
  return all.filter((one) => one.at > now + ROUND).sort((a, b) => a.at - b.at);
}
