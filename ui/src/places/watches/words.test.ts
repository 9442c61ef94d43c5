import { afterEach, describe, expect, it } from "vitest";

import { locale, type Locale } from "$/i18n";
import type {
  ArrivalReason,
  ArrivalState,
  ArrivalView,
  JobState,
  PollReason,
  UnreachableReason,
  WatchState,
} from "$/ipc";
import {
  arrivalState,
  jobState,
  moment,
  pollWords,
  reasonWords,
  stateBrief,
  stateMore,
  stateTitle,
  unreachableWords,
  untilWords,
  type Sentence,
} from "./words";

afterEach(() => locale.set("en"));

const NOW = new Date(2026, 10, 22, 14, 2, 3).getTime();
const WHY = "It ends 1.4 GB before the end that its own index names.";

/** Every reason there is: one that is new to the engine is missing here, and no test runs. */
const REASONS: { [R in ArrivalReason["reason"]]: Extract<ArrivalReason, { reason: R }> } = {
  new: { reason: "new" },
  growing: { reason: "growing", bytes_per_s: 180_000_000 },
  settling: { reason: "settling", until_ms: NOW + 2_000 },
  "being-written": { reason: "being-written" },
  checking: { reason: "checking" },
  fetching: { reason: "fetching", done: 4e9, total: 9e9 },
  empty: { reason: "empty" },
  incomplete: { reason: "incomplete", why: WHY },
  unreadable: { reason: "unreadable", why: WHY },
  "not-media": { reason: "not-media", why: WHY },
  "name-not-text": { reason: "name-not-text" },
  "no-sidecar": { reason: "no-sidecar" },
  "bad-sidecar": { reason: "bad-sidecar", file: "A_001.spillway.toml", why: WHY },
  "no-profile": { reason: "no-profile", profile: "late-edition", why: WHY },
  "no-output": { reason: "no-output", folder: "/out/of/reach", why: WHY },
  "outside-hours": { reason: "outside-hours", until_ms: NOW + 3_600_000 },
  comparing: { reason: "comparing" },
  same: { reason: "same", path: "old/name.mov", job: null },
  submitted: { reason: "submitted" },
  moved: { reason: "moved", to: "/in/delivered/A_001.mov" },
  "not-moved": { reason: "not-moved", why: WHY },
  gone: { reason: "gone" },
};

const POLLS: { [R in PollReason["because"]]: Extract<PollReason, { because: R }> } = {
  "network-drive": { because: "network-drive", file_system: "cifs", source: "//nas/share" },
  "watch-limit": { because: "watch-limit" },
  "not-watchable": { because: "not-watchable", why: WHY },
  bucket: { because: "bucket" },
};

const UNREACHABLE: { [R in UnreachableReason["because"]]: Extract<UnreachableReason, { because: R }> } = {
  missing: { because: "missing" },
  "not-mounted": { because: "not-mounted", source: "//nas/share", mount_point: "/mnt/share" },
  "came-back-empty": { because: "came-back-empty", files: 1_204 },
  hangs: { because: "hangs" },
  forbidden: { because: "forbidden" },
  failed: { because: "failed", why: WHY },
};

const STATES: { [S in WatchState["state"]]: Extract<WatchState, { state: S }> } = {
  new: { state: "new" },
  watching: { state: "watching" },
  polling: { state: "polling", every_s: 30, why: POLLS["network-drive"] },
  paused: { state: "paused" },
  unreachable: { state: "unreachable", since_ms: NOW - 60_000, why: UNREACHABLE.missing },
};

const FILE: ArrivalView = {
  id: 1,
  watch: "w",
  path: "reels/A_001.mov",
  bytes: 12_400_000_000,
  state: "waiting",
  reason: REASONS.new,
  next_look_ms: null,
  first_seen_ms: NOW - 9_000,
  changed_ms: NOW - 3_000,
  jobs: [],
};
const reason = (of: ArrivalReason, more: Partial<ArrivalView> = {}) =>
  reasonWords({ ...FILE, ...more, reason: of }, NOW);

/** Values of an engine's type that people have to see. */
const values = (of: object) =>
  Object.entries(of).flatMap(([name, value]) =>
    ["because", "reason", "why"].includes(name) || typeof value !== "string" ? [] : [value],
  );

/** Sentences that differ, in the language of the window, with what the engine says left as it is. */
function judged(language: Locale, sentences: Sentence[]) {
  for (const { text, why } of sentences) {
    expect(text).not.toMatch(/[{}]|undefined|NaN|Invalid/);
    expect(text.trim()).not.toBe("");
    if (language === "zh-CN") expect(text).toMatch(/\p{Script=Han}/u);
    expect([undefined, WHY]).toContain(why);
  }
  expect(new Set(sentences.map((one) => one.text)).size).toBe(sentences.length);
}

describe.each<Locale>(["en", "zh-CN"])("in %s", (language) => {
  it("every reason of a file is a sentence of its own, with what it is about", () => {
    locale.set(language);
    judged(
      language,
      Object.values(REASONS).map((one) => reason(one)),
    );
    for (const one of Object.values(REASONS)) {
      for (const value of values(one)) expect(reason(one).text).toContain(value);
      expect(reason(one).why).toBe("why" in one ? WHY : undefined);
    }
  });

  it("every state of a folder, and why, is a sentence of its own", () => {
    locale.set(language);
    judged(
      language,
      Object.values(STATES).map((one) => ({ text: stateTitle(one, NOW) })),
    );
    judged(language, Object.values(POLLS).map(pollWords));
    judged(language, Object.values(UNREACHABLE).map(unreachableWords));
    for (const one of Object.values(POLLS))
      for (const value of values(one)) expect(pollWords(one).text).toContain(value);
    for (const one of Object.values(UNREACHABLE))
      for (const value of values(one)) expect(unreachableWords(one).text).toContain(value);
  });

  it("states of files and jobs have words of their own", () => {
    locale.set(language);
    const files: Record<ArrivalState, true> = {
      waiting: true,
      held: true,
      "at-work": true,
      delivered: true,
      failed: true,
      skipped: true,
      gone: true,
    };
    const jobs: Record<JobState, true> = {
      queued: true,
      running: true,
      delivered: true,
      failed: true,
      cancelled: true,
    };
    judged(
      language,
      (Object.keys(files) as ArrivalState[]).map((state) => ({ text: arrivalState(state) })),
    );
    judged(
      language,
      (Object.keys(jobs) as JobState[]).map((state) => ({ text: jobState(state) })),
    );
  });
});

describe("what a pending file says", () => {
  it("names size and speed while it grows, and does not where it does not", () => {
    expect(reason(REASONS.growing).text).toBe("Still growing: 12.4 GB, +180 MB/s");
    expect(reason({ reason: "growing", bytes_per_s: 0 }).text).not.toContain("/s");
  });

  it("names how long it is still, and when it is opened, to the second", () => {
    expect(reason(REASONS.settling).text).toBe("Unchanged for 3 sec; opened at 14:02:05");
  });

  it("sums up its jobs: what goes on before what failed before what was delivered", () => {
    const said = (...states: JobState[]) =>
      reason(REASONS.submitted, {
        jobs: states.map((state, at) => ({ id: String(at), profile: "web-mp4", state })),
      }).text;
    expect(said("running", "failed", "queued")).toBe("2 jobs at work");
    expect(said("failed", "delivered", "cancelled")).toBe("2 of 3 jobs not delivered");
    expect(said("delivered")).toBe("Delivered");
    expect(said("delivered", "delivered")).toBe("Delivered, 2 jobs");
    expect(said()).not.toContain("0");
  });

  it("a time that never comes is not shown as one", () => {
    const never = reason({ reason: "outside-hours", until_ms: Number.MAX_SAFE_INTEGER });
    expect(never.text).toBe("Ready; no hours are open");
  });
});

describe("times", () => {
  it("count down second by second, then by minutes, and end at now", () => {
    expect(untilWords(NOW + 1, NOW)).toBe("in 1 sec");
    expect(untilWords(NOW + 59_001, NOW)).toBe("in 1 min");
    expect(untilWords(NOW + 300_000, NOW)).toBe("in 5 min");
    for (const late of [0, 1, 60_000]) expect(untilWords(NOW - late, NOW)).toBe("now");
    for (let ms = 1; ms < 200_000; ms += 977) expect(untilWords(NOW + ms, NOW)).toMatch(/^in \d+ (sec|min)$/);
  });

  it("name the day when it is not today's", () => {
    expect(moment(NOW + 3_600_000, NOW)).toBe("15:02");
    expect(moment(NOW + 86_400_000, NOW)).toBe("Tomorrow, 14:02");
    const since = { ...STATES.unreachable, since_ms: NOW - 86_400_000 };
    expect(stateTitle(since, NOW)).toBe("Unreachable since Yesterday, 14:02");
  });
});

it("a folder that cannot be reached says that nothing is lost", () => {
  const said = stateMore(STATES.unreachable).map((one) => one.text);
  expect(said).toHaveLength(2);
  expect(said[1]).toContain("Nothing is deleted");
  expect(stateBrief(STATES.watching)).toBeNull();
});
