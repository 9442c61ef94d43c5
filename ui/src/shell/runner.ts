import { relativeDay, time } from "$/format";
import { m } from "$/i18n";
import type { Runner } from "$/ipc";

export interface RunnerWords {
  kind: "connecting" | "working" | "idle" | "paused" | "held" | "elsewhere" | "stopped";
  title: string;
  more: string;
}

/** What the corner of the window says about who works through the queue. */
export function runnerWords(
  now: number,
  connected: boolean,
  runner: Runner | null,
  jobs: { open: number; going: number; finish: number | null; held?: boolean },
): RunnerWords {
  if (!runner) return { kind: "connecting", title: m.shell_runner_connecting(), more: "" };
  if (!connected) return { kind: "connecting", title: m.shell_runner_lost(), more: "" };
  if (runner.state === "elsewhere")
    return { kind: "elsewhere", title: m.shell_runner_elsewhere(), more: m.shell_runner_elsewhere_more() };
  if (runner.state === "stopped")
    return { kind: "stopped", title: m.shell_runner_stopped(), more: runner.why ?? "" };
  if (jobs.open === 0)
    return { kind: "idle", title: m.shell_runner_idle(), more: m.shell_runner_idle_more() };
  if (jobs.going === 0) return { kind: "paused", title: m.shell_runner_paused(), more: "" };
  if (jobs.held) return { kind: "held", title: m.shell_runner_held(), more: m.shell_runner_held_more() };
  return { kind: "working", title: m.shell_runner_here(), more: through(now, jobs.finish) };
}

function through(now: number, finish: number | null): string {
  if (finish === null) return "";
  const sameDay = new Date(now).toDateString() === new Date(finish).toDateString();
  if (sameDay) return m.shell_runner_until({ time: time(finish) });
  return m.shell_runner_until_day({ day: relativeDay(finish, now), time: time(finish) });
}
