// Days and spans of days in local time.

/** A day as `YYYY-MM-DD`. */
export type Day = string;

/** Which days; spans that move with the present are kept by name. */
export type DateSpan =
  | { kind: "any" | "today" | "7-days" | "30-days" | "this-month" | "this-year" | "last-year" }
  | { kind: "custom"; from: Day | null; to: Day | null };

export const ANY_TIME: DateSpan = { kind: "any" };
export const PRESETS = ["any", "today", "7-days", "30-days", "this-month", "last-year"] as const;

const two = (n: number) => String(n).padStart(2, "0");

export function dayOf(date: Date): Day {
  return `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The day's first moment; `null` where it is no day. */
export function parseDay(text: string): Date | null {
  const parts = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(text.trim());
  if (!parts) return null;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const date = new Date(year, month - 1, day);
  return date.getMonth() === month - 1 && date.getDate() === day ? date : null;
}

export function addDays(date: Date, days: number): Date {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days);
}

/** The same day of another month, or its last. */
export function addMonths(date: Date, months: number): Date {
  const last = new Date(date.getFullYear(), date.getMonth() + months + 1, 0).getDate();
  return new Date(date.getFullYear(), date.getMonth() + months, Math.min(date.getDate(), last));
}

/** First moment and the moment after the last one, ms UTC; `null`: open. */
export function bounds(span: DateSpan, now: number): [from: number | null, to: number | null] {
  const today = addDays(new Date(now), 0);
  const since = (date: Date): [number, null] => [date.getTime(), null];
  switch (span.kind) {
    case "any":
      return [null, null];
    case "today":
      return since(today);
    case "7-days":
      return since(addDays(today, -6));
    case "30-days":
      return since(addDays(today, -29));
    case "this-month":
      return since(new Date(today.getFullYear(), today.getMonth(), 1));
    case "this-year":
      return since(new Date(today.getFullYear(), 0, 1));
    case "last-year": {
      const year = today.getFullYear();
      return [new Date(year - 1, 0, 1).getTime(), new Date(year, 0, 1).getTime()];
    }
    case "custom": {
      const from = span.from === null ? null : parseDay(span.from);
      const to = span.to === null ? null : parseDay(span.to);
      return [from?.getTime() ?? null, to ? addDays(to, 1).getTime() : null];
    }
  }
}

/** The six weeks that show a month, from Monday or Sunday on. */
export function weeksOf(month: Date, firstWeekday: number): Date[][] {
  const first = new Date(month.getFullYear(), month.getMonth(), 1);
  const start = addDays(first, -((first.getDay() - firstWeekday + 7) % 7));
  return Array.from({ length: 6 }, (_, week) =>
    Array.from({ length: 7 }, (_, day) => addDays(start, week * 7 + day)),
  );
}

/** A day added to a span that is being picked: the first, then the other end. */
export function pickDay(from: Day | null, to: Day | null, day: Day): { from: Day; to: Day | null } {
  if (from === null || to !== null) return { from: day, to: null };
  return day < from ? { from: day, to: from } : { from, to: day };
}
