/** What the journal says, in words. */
import { money, number } from "$/format";
import { m } from "$/i18n";
import type { Event, JobState, StepKind, Wish } from "$/ipc";
import { engineName, failureWords, routeWords, stepName, stepState } from "$/state/words";

export type Filter = "all" | "milestones" | "problems";

const bad = (event: Event) =>
  (event.body.event === "step" && (event.body.failure !== null || event.body.state === "failed")) ||
  (event.body.event === "job" && event.body.state === "failed") ||
  event.body.event === "recovered";

/** Steps that there are many of. */
const PIECES: ReadonlySet<StepKind> = new Set(["upload", "segment", "download"]);

/** Whether an entry is to be shown. */
export function passes(event: Event, filter: Filter): boolean {
  if (filter === "problems") return bad(event);
  if (filter === "milestones" && event.body.event === "charged") return false;
  if (filter === "all" || event.body.event !== "step" || bad(event)) return true;
  return !PIECES.has(event.body.kind) && event.body.state === "done";
}

/** How an entry is marked. */
export function toneOf(event: Event): "bad" | "warn" | "good" | "neutral" {
  const { body } = event;
  if (body.event === "job")
    return body.state === "failed" ? "bad" : body.state === "delivered" ? "good" : "neutral";
  if (body.event === "step") return body.state === "failed" ? "bad" : body.failure ? "warn" : "neutral";
  return body.event === "recovered" ? "warn" : "neutral";
}

const states = (state: JobState) =>
  ({
    queued: m.job_log_queued,
    running: m.job_log_running,
    delivered: m.job_log_delivered,
    failed: m.job_log_failed,
    cancelled: m.job_log_cancelled,
  })[state]();
const wishes = (wish: Wish) =>
  ({ run: m.job_log_wish_run, pause: m.job_log_wish_pause, cancel: m.job_log_wish_cancel })[wish]();

/** An entry as a sentence, and what is to be said beneath. */
export function wordsOf({ body }: Event): { text: string; more: string } {
  switch (body.event) {
    case "submitted":
      return { text: m.job_log_submitted(), more: "" };
    case "job":
      return { text: states(body.state), more: body.failure ? failureWords(body.failure).why.text : "" };
    case "wished":
      return { text: wishes(body.wish), more: "" };
    case "planned":
      return {
        text: m.job_log_planned({ segments: number(body.segments), frames: number(body.frames) }),
        more: "",
      };
    case "step": {
      const step = stepName(body.label);
      const text =
        body.attempt > 1
          ? m.job_log_step_again({ step, state: stepState(body.state), attempt: number(body.attempt) })
          : m.job_log_step({ step, state: stepState(body.state) });
      return { text, more: body.failure ? failureWords(body.failure).why.text : "" };
    }
    case "recovered":
      return {
        text: m.job_log_recovered({ kept: number(body.kept), interrupted: number(body.interrupted) }),
        more: "",
      };
    case "routed":
      return {
        text: m.job_log_routed({ engine: engineName(body.route.engine) }),
        more: routeWords(body.route).text,
      };
    case "charged":
      return { text: m.job_log_charged({ cost: money(body.cost_microusd) }), more: "" };
    case "moved":
      return { text: m.job_log_moved(), more: "" };
    case "dismissed":
      return { text: m.job_log_dismissed(), more: "" };
    case "removed":
      return { text: m.job_log_removed(), more: "" };
  }
}
