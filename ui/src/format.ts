import { locale, m } from "$/i18n";

const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>();

function cached<T extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(
  key: string,
  make: (locale: string) => T,
): T {
  const full = `${locale.current} ${key}`;
  const known = made.get(full);
  if (known) return known as T;
  const fresh = make(locale.current);
  made.set(full, fresh);
  return fresh;
}

const figures = (key: string, options: Intl.NumberFormatOptions) =>
  cached(key, (tag) => new Intl.NumberFormat(tag, options));
const moments = (key: string, options: Intl.DateTimeFormatOptions) =>
  cached(key, (tag) => new Intl.DateTimeFormat(tag, options));

const two = (n: number) => String(n).padStart(2, "0");

export function number(n: number): string {
  return figures("n", { maximumFractionDigits: 2 }).format(n);
}

/** Quantities of price lists: small ones keep their first figures, `0.0043`. */
export function quantity(n: number): string {
  if (n === 0 || Math.abs(n) >= 1) return number(n);
  return figures("q", { maximumSignificantDigits: 2 }).format(n);
}

/** `0.417` as `41%`; rounded down, so that 100% means all of it. */
export function percent(fraction: number): string {
  const whole = Math.floor(Math.min(Math.max(fraction, 0), 1) * 100 + 1e-9);
  return figures("p", { style: "percent", maximumFractionDigits: 0 }).format(whole / 100);
}

const UNITS = ["B", "KB", "MB", "GB", "TB", "PB"];

/** Sizes by powers of 1000, as file managers count, with at most three significant figures. */
export function bytes(n: number): string {
  let unit = 0;
  let value = n;
  while (Math.round(value) >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const fraction = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  const text = figures(`b${fraction}`, { maximumFractionDigits: fraction }).format(value);
  return `${text} ${UNITS[unit]}`;
}

/** `1:02:03`, `2:03`, `0:03`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [h, min, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(min)}:${two(s)}` : `${min}:${two(s)}`;
}

const unit = (n: number, name: "second" | "minute" | "hour" | "day") =>
  figures(name, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: 0 }).format(n);

/** A span for people: `about 4 min`, `about 1 hr 20 min`. */
export function longDuration(ms: number): string {
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 5) return m.common_few_seconds();
  if (seconds < 55) return m.common_about({ span: unit(Math.ceil(seconds / 5) * 5, "second") });
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return m.common_about({ span: unit(minutes, "minute") });
  const rounded = minutes < 600 ? Math.round(minutes / 5) * 5 : Math.round(minutes / 60) * 60;
  const [hours, rest] = [Math.floor(rounded / 60), rounded % 60];
  if (hours >= 48) return m.common_about({ span: unit(Math.round(hours / 24), "day") });
  const span = rest === 0 ? unit(hours, "hour") : `${unit(hours, "hour")} ${unit(rest, "minute")}`;
  return m.common_about({ span });
}

/** A whole span: `30 sec`, `5 min`, `1 hr`. */
export function wholeSpan(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole >= 3600 && whole % 3600 === 0) return unit(whole / 3600, "hour");
  if (whole >= 60 && whole % 60 === 0) return unit(whole / 60, "minute");
  return unit(whole, "second");
}

/** Minutes as they are said: `45 min`, `3 hr 20 min`. */
export function minutesSpan(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (hours === 0) return unit(rest, "minute");
  if (rest === 0) return unit(hours, "hour");
  return `${unit(hours, "hour")}${locale.current === "zh-CN" ? "" : " "}${unit(rest, "minute")}`;
}

/** Names or sentences one after the other. */
export function list(items: readonly string[], between: "names" | "parts" = "names"): string {
  if (locale.current !== "zh-CN") return items.join(", ");
  return items.join(between === "names" ? "、" : "，");
}

/** Time of day. */
export function time(ms: number): string {
  return moments("t", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(ms);
}

/** Time of day to the second. */
export function preciseTime(ms: number): string {
  return moments("ts", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(
    ms,
  );
}

/** Name of a day of the week; 0: Monday. */
export function weekday(day: number, style: "short" | "long"): string {
  return moments(`wd${style}`, { weekday: style, timeZone: "UTC" }).format(Date.UTC(2024, 0, 1 + day));
}

export function dateTime(ms: number): string {
  return moments("dt", {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(ms);
}

const dayNumber = (ms: number) => {
  const at = new Date(ms);
  return Math.round(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) / 86_400_000);
};

/** `Today`, `Yesterday`, `Thursday`, `12 Nov`, `12 Nov 2025`. */
export function relativeDay(ms: number, now = Date.now()): string {
  const ago = dayNumber(now) - dayNumber(ms);
  if (ago === 0) return m.common_today();
  if (ago === 1) return m.common_yesterday();
  if (ago === -1) return m.common_tomorrow();
  if (ago > 1 && ago < 7) return moments("wd", { weekday: "long" }).format(ms);
  if (new Date(ms).getFullYear() === new Date(now).getFullYear())
    return moments("md", { month: "short", day: "numeric" }).format(ms);
  return moments("ymd", { year: "numeric", month: "short", day: "numeric" }).format(ms);
}

/** Multiples of playing time: `2.1×`, `38×`. */
export function speed(x: number): string {
  const fraction = x >= 9.95 ? 0 : x >= 0.995 ? 1 : 2;
  const text = figures(`x${fraction}`, {
    minimumFractionDigits: fraction,
    maximumFractionDigits: fraction,
  }).format(x);
  return `${text}×`;
}

const dollars = (microusd: number, small: boolean) =>
  figures(`m${small ? 4 : 2}`, {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: 2,
    maximumFractionDigits: small ? 4 : 2,
  }).formatToParts(microusd / 1e6);

/** Below a cent, cents say nothing. */
const isSmall = (microusd: number) => microusd !== 0 && Math.abs(microusd) < 10_000;

/** Millionths of a US dollar: `US$12.40`, `US$0.0042`, as the language writes it. */
export function money(microusd: number): string {
  return dollars(microusd, isSmall(microusd))
    .map((part) => part.value)
    .join("");
}

/** From one amount to another: `US$1.20–1.90`; one amount where both read alike. */
export function moneyRange(range: { low_microusd: number; high_microusd: number }): string {
  const [low, high] = [range.low_microusd, range.high_microusd];
  const small = isSmall(low) || isSmall(high);
  const words = (microusd: number, bare: boolean) =>
    dollars(microusd, small)
      .filter((part) => !bare || (part.type !== "currency" && part.type !== "literal"))
      .map((part) => part.value)
      .join("");
  return words(low, false) === words(high, false)
    ? words(low, false)
    : `${words(low, false)}–${words(high, true)}`;
}

/** Billionths of a US dollar, as prices of small units are: `US$0.0188`. */
export function moneyPrecise(nanousd: number): string {
  return figures("mp", {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: 2,
    maximumFractionDigits: 6,
  }).format(nanousd / 1e9);
}

/** What something differs by, with its sign: `+US$0.12`, `−US$1.40`, `US$0.00`. */
export function moneyDifference(microusd: number): string {
  const words = money(Math.abs(microusd));
  if (words === money(0)) return words;
  return microusd > 0 ? `+${words}` : `−${words}`;
}

/** A part by which something differs, with its sign: `+1.4%`, `−0.9%`, `0%`. */
export function percentDifference(fraction: number): string {
  const words = figures("pd", { style: "percent", maximumFractionDigits: 1 }).format(Math.abs(fraction));
  const none = figures("pd", { style: "percent", maximumFractionDigits: 1 }).format(0);
  if (words === none) return words;
  return fraction > 0 ? `+${words}` : `−${words}`;
}

/** An amount beside an axis whose marks are `step` apart, both in millionths of a US dollar. */
export function moneyMark(microusd: number, step: number): string {
  const fraction = step >= 1_000_000 ? 0 : step >= 10_000 ? 2 : 4;
  return figures(`k${fraction}`, {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: fraction,
    maximumFractionDigits: fraction,
  }).format(microusd / 1e6);
}

const CALENDAR = {
  day: { day: "numeric", month: "short" },
  whole: { day: "numeric", month: "long", year: "numeric" },
  month: { month: "short", year: "numeric" },
  "whole-month": { month: "long", year: "numeric" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** A day of a calendar, `YYYY-MM-DD` or `YYYY-MM`, wherever its reader is. */
export function calendar(day: string, style: keyof typeof CALENDAR): string {
  const at = Date.parse(day.length === 7 ? `${day}-01` : day);
  return moments(`c${style}`, { ...CALENDAR[style], timeZone: "UTC" }).format(at);
}

/** `00:01:02:12`: hours, minutes, seconds, frames, counted without drops. */
export function timecode(ms: number, frameRate: number): string {
  const base = Math.max(1, Math.round(frameRate));
  const frame = Math.round((Math.max(0, ms) / 1000) * frameRate);
  const seconds = Math.floor(frame / base);
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60, frame % base]
    .map(two)
    .join(":");
}
