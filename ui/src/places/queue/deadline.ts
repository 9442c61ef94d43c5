/** When a job should be delivered, against when it will be. */
import { longDuration } from "$/format";
import { m } from "$/i18n";
import type { JobForecast, JobView } from "$/ipc";
import { clockTime } from "./rowwords";

export interface Deadline {
  /** `met` and `missed` once it was delivered; `late` when it will be too late, `passed` when it is already. */
  kind: "due" | "in-time" | "late" | "passed" | "met" | "missed";
  /** When, ms UTC. */
  at: number;
  /** How long after it, ms; 0: not known, or not late. */
  late: number;
}

/** `null`: nobody asked for any, or the job ended otherwise. */
export function deadlineOf(
  view: Pick<JobView, "extras" | "state" | "ended_ms" | "wish">,
  forecast: JobForecast | null,
  now: number,
): Deadline | null {
  const at = view.extras.deadline_ms;
  if (at === null || view.state === "cancelled") return null;
  const after = (ms: number) => Math.max(0, ms - at);
  if (view.state === "delivered") {
    const late = after(view.ended_ms ?? at);
    return { kind: late > 0 ? "missed" : "met", at, late };
  }
  if (now > at) return { kind: "passed", at, late: after(now) };
  if (view.state === "failed" || view.wish !== "run" || forecast === null)
    return { kind: "due", at, late: 0 };
  const late = after(forecast.finish_ms);
  return { kind: late > 0 ? "late" : "in-time", at, late };
}

export function deadlineWords({ kind, at, late }: Deadline, now = Date.now()): string {
  const time = clockTime(at, now);
  switch (kind) {
    case "due":
      return m.queue_due({ time });
    case "in-time":
      return m.queue_due({ time });
    case "late":
      return m.queue_due_late({ time, span: longDuration(late) });
    case "passed":
      return m.queue_due_passed({ time });
    case "met":
      return m.queue_due_met();
    case "missed":
      return m.queue_due_missed({ span: longDuration(late) });
  }
}

/** The same without the time; empty where nothing is known. */
export function verdictWords({ kind, late }: Deadline): string {
  const span = () => longDuration(late);
  const words: Record<Deadline["kind"], () => string> = {
    due: () => "",
    "in-time": m.queue_due_will_be_met,
    late: () => m.queue_due_will_be_missed({ span: span() }),
    passed: m.queue_due_overdue,
    met: m.queue_due_met,
    missed: () => m.queue_due_missed({ span: span() }),
  };
  return words[kind]();
}

/** Something should be done about it. */
export const isTrouble = ({ kind }: Deadline) => kind === "late" || kind === "passed" || kind === "missed";
