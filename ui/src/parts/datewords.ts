import { locale } from "$/i18n";

const format = (date: Date, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(locale.current, options).format(date);

/** `12 Nov 2026`. */
export const dateOnly = (date: Date) => format(date, { year: "numeric", month: "short", day: "numeric" });

/** `November 2026`. */
export const monthAndYear = (date: Date) => format(date, { year: "numeric", month: "long" });

/** `Thursday, 12 November 2026`. */
export const fullDate = (date: Date) => format(date, { dateStyle: "full" });

/** `M`, `一`. */
export const narrowWeekday = (date: Date) => format(date, { weekday: "narrow" });

/** `Monday`. */
export const longWeekday = (date: Date) => format(date, { weekday: "long" });

/** The day that weeks begin with: 0 is Sunday, 1 is Monday. */
export function firstWeekday(): number {
  const tag = new Intl.Locale(locale.current === "en" ? (navigator.language ?? "en") : locale.current);
  const info = (tag as { getWeekInfo?: () => { firstDay: number } }).getWeekInfo?.();
  return (info?.firstDay ?? 1) % 7;
}
