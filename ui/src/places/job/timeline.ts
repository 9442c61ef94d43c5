/** Tries of steps over time, packed into as few lanes as there were workers. Pure. */
import type { StepView } from "$/ipc";

/** One try as a bar. */
export interface Bar {
  step: StepView;
  number: number;
  from: number;
  to: number;
  outcome: string | null;
  lane: number;
}

export interface Timeline {
  bars: Bar[];
  lanes: number;
  from: number;
  to: number;
}

/** All tries up to `now`, each in the first lane that is free. */
export function timelineOf(steps: readonly StepView[], now: number): Timeline {
  const tries = steps.flatMap((step) =>
    step.attempts.map((attempt) => ({
      step,
      number: attempt.number,
      from: attempt.started_ms,
      to: Math.max(attempt.started_ms, attempt.ended_ms ?? now),
      outcome: attempt.outcome,
    })),
  );
  tries.sort((a, b) => a.from - b.from || a.step.ord - b.step.ord);
  const free: number[] = [];
  const bars = tries.map((one): Bar => {
    const found = free.findIndex((until) => until <= one.from);
    const lane = found < 0 ? free.length : found;
    free[lane] = one.to;
    return { ...one, lane };
  });
  const from = bars[0]?.from ?? now;
  const to = bars.reduce((latest, bar) => Math.max(latest, bar.to), from + 1);
  return { bars, lanes: free.length, from, to };
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/** Round times between start and end, ms after the start, at most `most` of them. */
export function ticksOf(span: number, most = 8): number[] {
  const step = (STEPS.find((seconds) => span / 1000 / seconds <= most) ?? 86_400) * 1000;
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, at) => at * step);
}
