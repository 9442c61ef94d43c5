import { dateOnly } from "./datewords";
import { m } from "$/i18n";
import { parseDay, type DateSpan } from "./dates";

/** A span of days in a few words. */
export function spanWords(span: DateSpan): string {
  switch (span.kind) {
    case "any":
      return m.history_range_any();
    case "today":
      return m.history_range_today();
    case "7-days":
      return m.history_range_7_days();
    case "30-days":
      return m.history_range_30_days();
    case "this-month":
      return m.history_range_this_month();
    case "this-year":
      return m.history_range_this_year();
    case "last-year":
      return m.history_range_last_year();
    case "custom": {
      const from = span.from === null ? null : parseDay(span.from);
      const to = span.to === null ? null : parseDay(span.to);
      if (from && to) {
        return span.from === span.to
          ? dateOnly(from)
          : m.history_range_between({ from: dateOnly(from), to: dateOnly(to) });
      }
      if (from) return m.history_range_since({ day: dateOnly(from) });
      return to ? m.history_range_until({ day: dateOnly(to) }) : m.history_range_any();
    }
  }
}
