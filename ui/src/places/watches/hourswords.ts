// Hours of the week in words.
import { list, weekday } from "$/format";
import { m } from "$/i18n";
import type { Hours, Weekday } from "$/ipc";
import { DAY, DAYS, hoursOf, spansOf, WEEK } from "./hours";

const two = (n: number) => String(n).padStart(2, "0");

/** `20:00`; the end of a day is 24:00 where it ends something. */
export const clock = (minute: number) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;

export const dayName = (day: Weekday, style: "short" | "long" = "short") => weekday(DAYS.indexOf(day), style);

/** `Mon–Fri`, `Sat, Mon`. */
function daysWords(days: readonly Weekday[]): string {
  if (days.length === 7) return m.watches_hours_daily();
  const runs: Weekday[][] = [];
  for (const day of days) {
    const last = runs.at(-1);
    const before = last?.at(-1);
    if (last && before && DAYS.indexOf(day) === DAYS.indexOf(before) + 1) last.push(day);
    else runs.push([day]);
  }
  return list(
    runs.flatMap((run) => {
      const [first, last] = [run[0] ?? "mon", run.at(-1) ?? "mon"];
      return run.length < 3
        ? run.map((day) => dayName(day))
        : [m.watches_hours_span({ first: dayName(first), last: dayName(last) })];
    }),
  );
}

/** `Mon–Fri 20:00–06:00, Sat all day`. */
export function hoursWords(hours: readonly Hours[]): string {
  if (hours.length === 0) return m.watches_hours_always();
  const spans = spansOf(hours);
  if (spans.length === 0) return m.watches_hours_never();
  if (spans[0]?.from === 0 && spans[0].to === WEEK) return m.watches_hours_always();
  return list(
    hoursOf(spans).map(({ days, from_minute, to_minute }) =>
      from_minute === to_minute && from_minute === 0
        ? m.watches_hours_part_day({ days: daysWords(days) })
        : m.watches_hours_part({
            days: daysWords(days),
            from: clock(from_minute),
            to: clock(to_minute === 0 ? DAY : to_minute),
          }),
    ),
    "parts",
  );
}
