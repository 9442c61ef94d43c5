import { afterEach, describe, expect, it } from "vitest";

import { locale } from "$/i18n";
import type { ChannelView, MessageState, MessageView } from "$/ipc";
import { KINDS } from "./draft";
import {
  kindName,
  messageState,
  readable,
  scopeWords,
  standingName,
  standingOf,
  standsWords,
  tookWords,
  triesWords,
} from "./words";

afterEach(() => locale.set("en"));

const now = new Date(2026, 5, 17, 14).getTime();

const channel: ChannelView = {
  id: "c1",
  settings: {
    name: "A",
    topics: [],
    profiles: [],
    paused: false,
    target: { kind: "webhook", url: "https://a" },
  },
  has_secret: false,
  waiting: 0,
  given_up: 0,
  sent_ms: null,
  trouble: null,
  created_ms: 0,
};
const paused = { ...channel.settings, paused: true };

const message = (state: MessageState, tries = 0): MessageView => ({
  id: 1,
  channel: "c1",
  channel_name: "A",
  topic: "job.delivered",
  job: null,
  subject: "Reel.mov",
  state,
  created_ms: now,
  tries: Array.from({ length: tries }, (_, at) => ({
    at_ms: now + at,
    took_ms: 12,
    taken: false,
    said: "No.",
  })),
  body: "{}",
});

describe("a channel", () => {
  it("is what matters most: paused before trouble before work", () => {
    expect(standingOf(channel)).toBe("new");
    expect(standingOf({ ...channel, sent_ms: now })).toBe("working");
    expect(standingOf({ ...channel, sent_ms: now, trouble: "Refused." })).toBe("trouble");
    expect(standingOf({ ...channel, trouble: "Refused.", settings: paused })).toBe("paused");
  });

  it("names what it is told, and for whom only", () => {
    const some = { ...channel.settings, topics: ["job.failed" as const], profiles: ["youtube", "apple-hls"] };
    const words = scopeWords({ ...channel, settings: some });
    for (const part of ["Job failed", "youtube", "apple-hls"]) expect(words).toContain(part);
    expect(scopeWords(channel)).toBe("The usual events");
  });
});

describe.each(["en", "zh-CN"] as const)("in %s", (language) => {
  it("every kind, state and standing has words of its own", () => {
    locale.set(language);
    const states: MessageState[] = [
      { state: "waiting", next_ms: now },
      { state: "sent", at_ms: now },
      { state: "given-up", at_ms: now },
    ];
    for (const words of [
      KINDS.map(kindName),
      (["paused", "trouble", "working", "new"] as const).map(standingName),
      states.map(messageState),
    ]) {
      expect(words.every((word) => word !== "" && !word.includes("_"))).toBe(true);
      expect(new Set(words).size).toBe(words.length);
    }
  });

  it("a message says when it goes out next, and not when that time has come", () => {
    locale.set(language);
    const soon: MessageState = { state: "waiting", next_ms: now + 90_000 };
    expect(standsWords(message(soon, 2), now)).toContain("14:01:30");
    expect(standsWords(message(soon, 2), now)).not.toBe(standsWords(message(soon, 0), now));
    expect(standsWords(message({ state: "waiting", next_ms: now }, 2), now)).not.toMatch(/\d/);
    expect(standsWords(message({ state: "sent", at_ms: now }), now)).toContain("14:00:00");
  });
});

it("times are told in what suits them", () => {
  const took = (took_ms: number) => tookWords({ at_ms: 0, took_ms, taken: true, said: "" });
  expect([took(0), took(240), took(999)]).toEqual(["0 ms", "240 ms", "999 ms"]);
  expect([took(1_000), took(1_249), took(30_000)]).toEqual(["1 sec", "1.2 sec", "30 sec"]);
  expect(triesWords(message({ state: "sent", at_ms: 0 }))).toBe("");
});

it("what is no JSON is shown as it is", () => {
  expect(readable('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(readable("{broken")).toBe("{broken");
});
