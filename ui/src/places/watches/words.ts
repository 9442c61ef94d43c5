// What the engine says of watched folders and their files, in the language of the window.
import { bytes, list, number, preciseTime, relativeDay, time, wholeSpan } from "$/format";
import { m } from "$/i18n";
import type {
  ArrivalJob,
  ArrivalReason,
  ArrivalState,
  ArrivalView,
  JobState,
  Place,
  PollReason,
  UnreachableReason,
  WatchSettings,
  WatchState,
  WatchView,
} from "$/ipc";

/** A sentence of the window, with what the engine or the system says behind it, in English. */
export interface Sentence {
  text: string;
  why?: string;
}

/** The last moment that a date can name. */
const LAST = 8.64e15;

export const placeText = (place: Place): string =>
  place.kind === "folder" ? place.path : `s3://${place.bucket}/${place.prefix}`;

const lastPart = (path: string) => path.split(/[\\/]/).findLast((part) => part !== "") ?? path;

/** Short name of a watched folder. */
export const placeName = (place: Place): string =>
  place.kind === "folder" ? lastPart(place.path) : lastPart(`${place.bucket}/${place.prefix}`);

export const watchName = (watch: WatchView): string => placeName(watch.place);

/** `14:02` today, `Tomorrow, 06:00` otherwise. */
export function moment(at: number, now: number): string {
  const same = new Date(at).toDateString() === new Date(now).toDateString();
  return same ? time(at) : m.watches_when_day({ day: relativeDay(at, now), time: time(at) });
}

/** How long until then: `in 12 sec`, `in 2 min`, `now`. */
export function untilWords(at: number, now: number): string {
  const seconds = Math.ceil((at - now) / 1000);
  if (seconds <= 0) return m.watches_next_now();
  // Beyond two minutes the seconds only make it flicker.
  return m.watches_next_in({ span: wholeSpan(seconds < 120 ? seconds : Math.round(seconds / 60) * 60) });
}

/** Why a folder is looked through again and again, in full. */
export function pollWords(why: PollReason): Sentence {
  switch (why.because) {
    case "network-drive":
      return { text: m.watches_poll_network({ file_system: why.file_system, source: why.source }) };
    case "watch-limit":
      return { text: m.watches_poll_limit() };
    case "not-watchable":
      return { text: m.watches_poll_cannot(), why: why.why };
    case "bucket":
      return { text: m.watches_poll_bucket() };
  }
}

function pollBrief(why: PollReason): string | null {
  switch (why.because) {
    case "network-drive":
      return m.watches_poll_network_short({ file_system: why.file_system, source: why.source });
    case "watch-limit":
      return m.watches_poll_limit_short();
    case "not-watchable":
      return m.watches_poll_cannot_short();
    case "bucket":
      return null;
  }
}

/** Why a folder is held. */
export function unreachableWords(why: UnreachableReason): Sentence {
  switch (why.because) {
    case "missing":
      return { text: m.watches_unreachable_missing() };
    case "not-mounted":
      return {
        text: m.watches_unreachable_not_mounted({ source: why.source, mount_point: why.mount_point }),
      };
    case "came-back-empty":
      return {
        text:
          why.files === 1
            ? m.watches_unreachable_empty_one()
            : m.watches_unreachable_empty({ files: number(why.files) }),
      };
    case "hangs":
      return { text: m.watches_unreachable_hangs() };
    case "forbidden":
      return { text: m.watches_unreachable_forbidden() };
    case "failed":
      return { text: m.watches_unreachable_failed(), why: why.why };
  }
}

/** How a folder is, in a few words. */
export function stateTitle(state: WatchState, now: number): string {
  switch (state.state) {
    case "new":
      return m.watches_state_new();
    case "watching":
      return m.watches_state_watching();
    case "polling":
      return m.watches_state_polling({ span: wholeSpan(state.every_s) });
    case "paused":
      return m.watches_state_paused();
    case "unreachable": {
      const today = new Date(state.since_ms).toDateString() === new Date(now).toDateString();
      if (today) return m.watches_state_unreachable_since({ time: time(state.since_ms) });
      return m.watches_state_unreachable_since_day({
        day: relativeDay(state.since_ms, now),
        time: time(state.since_ms),
      });
    }
  }
}

/** What is behind the state, short enough for a line. */
export function stateBrief(state: WatchState): Sentence | null {
  switch (state.state) {
    case "new":
    case "watching":
    case "paused":
      return null;
    case "polling": {
      const text = pollBrief(state.why);
      return text === null ? null : { text };
    }
    case "unreachable":
      return unreachableWords(state.why);
  }
}

/** What is behind the state and what it means, in full. */
export function stateMore(state: WatchState): Sentence[] {
  switch (state.state) {
    case "new":
    case "watching":
      return [];
    case "polling":
      return [pollWords(state.why)];
    case "paused":
      return [{ text: m.watches_state_paused_more() }];
    case "unreachable":
      return [unreachableWords(state.why), { text: m.watches_unreachable_safe() }];
  }
}

/** Until when a folder starts nothing; `null`: it may start. */
export function closedWords(watch: WatchView, now: number): string | null {
  const until = watch.closed_until_ms;
  if (until === null || until <= now) return null;
  return until > LAST ? m.watches_closed_never() : m.watches_closed_until({ when: moment(until, now) });
}

/** How far a file is, in a word. */
export function arrivalState(state: ArrivalState): string {
  const words: Record<ArrivalState, () => string> = {
    waiting: m.watches_waiting,
    held: m.watches_held_long,
    "at-work": m.watches_at_work,
    delivered: m.watches_delivered,
    failed: m.watches_failed,
    skipped: m.watches_skipped,
    gone: m.watches_gone,
  };
  return words[state]();
}

/** State of a job behind the name of its profile. */
export function jobState(state: JobState): string {
  const words: Record<JobState, () => string> = {
    queued: m.watches_job_queued,
    running: m.watches_job_running,
    delivered: m.watches_job_delivered,
    failed: m.watches_job_failed,
    cancelled: m.watches_job_cancelled,
  };
  return words[state]();
}

const over = (job: ArrivalJob) => job.state !== "queued" && job.state !== "running";

function submitted(jobs: readonly ArrivalJob[]): string {
  const going = jobs.filter((job) => !over(job)).length;
  const lost = jobs.filter((job) => over(job) && job.state !== "delivered").length;
  if (jobs.length === 0) return m.watches_reason_submitted();
  if (going > 0)
    return going === 1
      ? m.watches_reason_submitted_work_one()
      : m.watches_reason_submitted_work({ count: number(going) });
  if (lost > 0)
    return m.watches_reason_submitted_failed({ failed: number(lost), count: number(jobs.length) });
  return jobs.length === 1
    ? m.watches_reason_submitted_delivered_one()
    : m.watches_reason_submitted_delivered({ count: number(jobs.length) });
}

const stem = (path: string) => lastPart(path).replace(/\.[^.]+$/, "");

/** Why a file is where it is. */
export function reasonWords(file: ArrivalView, now: number): Sentence {
  const reason: ArrivalReason = file.reason;
  const size = bytes(file.bytes);
  switch (reason.reason) {
    case "new":
      return { text: m.watches_reason_new() };
    case "growing":
      return {
        text:
          reason.bytes_per_s === 0
            ? m.watches_reason_changing({ size })
            : m.watches_reason_growing({ size, rate: bytes(reason.bytes_per_s) }),
      };
    case "settling":
      return {
        text: m.watches_reason_settling({
          span: wholeSpan(Math.floor((now - file.changed_ms) / 1000)),
          time: preciseTime(reason.until_ms),
        }),
      };
    case "being-written":
      return { text: m.watches_reason_being_written() };
    case "checking":
      return { text: m.watches_reason_checking() };
    case "fetching":
      return { text: m.watches_reason_fetching({ done: bytes(reason.done), total: bytes(reason.total) }) };
    case "empty":
      return { text: m.watches_reason_empty() };
    case "incomplete":
      return { text: m.watches_reason_incomplete(), why: reason.why };
    case "unreadable":
      return { text: m.watches_reason_unreadable(), why: reason.why };
    case "not-media":
      return { text: m.watches_reason_not_media(), why: reason.why };
    case "name-not-text":
      return { text: m.watches_reason_name_not_text() };
    case "no-sidecar":
      return { text: m.watches_reason_no_sidecar({ name: stem(file.path) }) };
    case "bad-sidecar":
      return { text: m.watches_reason_bad_sidecar({ file: reason.file }), why: reason.why };
    case "no-profile":
      return { text: m.watches_reason_no_profile({ profile: reason.profile }), why: reason.why };
    case "no-output":
      return { text: m.watches_reason_no_output({ folder: reason.folder }), why: reason.why };
    case "outside-hours":
      return {
        text:
          reason.until_ms > LAST
            ? m.watches_reason_never_hours()
            : m.watches_reason_outside_hours({ when: moment(reason.until_ms, now) }),
      };
    case "comparing":
      return { text: m.watches_reason_comparing() };
    case "same":
      return { text: m.watches_reason_same({ path: reason.path }) };
    case "submitted":
      return { text: submitted(file.jobs) };
    case "moved":
      return { text: m.watches_reason_moved({ to: reason.to }) };
    case "not-moved":
      return { text: m.watches_reason_not_moved(), why: reason.why };
    case "gone":
      return { text: m.watches_reason_gone() };
  }
}

/** What is taken: `*.mov, *.mxf and sub-folders`. */
export function takesWords(settings: WatchSettings): string {
  const kinds = settings.include.length > 0 ? list(settings.include) : m.watches_takes_media();
  const parts = [kinds];
  if (settings.recursive) parts.push(m.watches_takes_below());
  if (settings.sidecar === "required") parts.push(m.watches_takes_sidecar());
  return list(parts, "parts");
}

/** What becomes of sources. */
export const afterWords = ({ after }: WatchSettings): string =>
  after.do === "leave" ? m.watches_after_leave_short() : m.watches_after_move_short({ folder: after.folder });
