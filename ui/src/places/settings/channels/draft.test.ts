import { afterEach, describe, expect, it } from "vitest";

import { locale } from "$/i18n";
import type { ChannelSettings, Target, Topic } from "$/ipc";
import { dice } from "$/state/sample";
import {
  addresses,
  blank,
  draftOf,
  encrypted,
  KINDS,
  problemsOf,
  secretOf,
  secured,
  settingsOf,
  type Draft,
} from "./draft";
import { chosenOf, isUsual, keptOf, topicName, TOPICS, USUAL } from "./topics";

afterEach(() => locale.set("en"));

/** Settings of every shape, the same every time. */
function samples(count: number): ChannelSettings[] {
  const next = dice(7);
  const one = <T>(all: readonly T[]): T => all[Math.floor(next() * all.length)] as T;
  const some = <T>(all: readonly T[]): T[] => all.filter(() => next() < 0.4);
  const target = (): Target => {
    const user = one([null, "spillway"]);
    const port = 1 + Math.floor(next() * 65_535);
    return one<() => Target>([
      () => ({ kind: "webhook", url: one(["https://a.example/x?y=1", "http://10.0.0.1:8080/"]) }),
      () => ({
        kind: "command",
        program: "/opt/tell",
        arguments: some(["--job", "{job}", "two words", "", "{receipt}"]).filter((arg) => arg !== ""),
        timeout_s: one([1, 30, 600]),
      }),
      () => ({
        kind: "email",
        host: "mail.example",
        port,
        security: one(["tls", "start-tls", "none"] as const),
        user,
        from: "a@example.com",
        to: ["b@example.com", ...some(["c@example.com", "d@example.com"])],
      }),
      () => ({ kind: "stomp", host: "mq.example", port, tls: next() < 0.5, destination: "/queue/a", user }),
    ])();
  };
  return Array.from({ length: count }, (_, at) => {
    const topics = keptOf(some(TOPICS));
    return {
      name: `Channel ${at}`,
      topics,
      profiles: some(["youtube", "apple-hls"]),
      paused: next() < 0.3,
      target: target(),
    };
  });
}

describe("a channel in the form", () => {
  it("comes out as it went in, when nothing is changed", () => {
    for (const settings of samples(300)) {
      const draft = draftOf({ settings });
      expect(settingsOf(draft)).toEqual(settings);
      expect(secretOf(draft)).toEqual({ do: "keep" });
      expect(problemsOf(draft, [])).toEqual({});
    }
  });

  it("is asked for everything that its kind needs, and for nothing of another kind", () => {
    const needs = Object.fromEntries(
      KINDS.map((kind) => [kind, Object.keys(problemsOf(blank(kind), [])).sort()]),
    );
    expect(needs).toEqual({
      webhook: ["name", "url"],
      email: ["from", "host", "name", "to"],
      command: ["name", "program"],
      stomp: ["host", "name"],
    });
  });

  it("is not called as another one is, whatever the case", () => {
    const draft = { ...blank(), name: " newsroom ", webhook: { url: "https://a.example" } };
    expect(problemsOf(draft, ["Newsroom"])).toHaveProperty("name");
    expect(problemsOf(draft, ["Archive"])).toEqual({});
  });

  it.each(["", "a.example/x", "ftp://a.example/", "javascript:alert(1)", "https://"])(
    "takes %j for no address",
    (url) => {
      expect(problemsOf({ ...blank(), name: "A", webhook: { url } }, [])).toHaveProperty("url");
    },
  );

  it.each(["0", "65536", "-1", "1.5", "", "x"])("takes %j for no port", (port) => {
    const draft = blank("stomp");
    draft.stomp = { ...draft.stomp, port };
    expect(problemsOf(draft, [])).toHaveProperty("port");
  });

  it("keeps a port that somebody chose, and changes the usual one with the protection", () => {
    const { email, stomp } = blank("email");
    expect(secured(email, "start-tls").port).toBe("587");
    expect(secured(secured(email, "start-tls"), "tls")).toEqual(email);
    expect(secured({ ...email, port: "2525" }, "none").port).toBe("2525");
    expect(encrypted(stomp, true).port).toBe("61614");
    expect(encrypted(encrypted(stomp, true), false)).toEqual(stomp);
    expect(encrypted({ ...stomp, port: "7000" }, true).port).toBe("7000");
  });

  it("takes addresses however they are typed", () => {
    const two = ["a@example.com", "b@example.com"];
    for (const typed of [
      "a@example.com, b@example.com",
      "a@example.com;b@example.com;",
      " a@example.com\nb@example.com ",
    ])
      expect(addresses(typed)).toEqual(two);
    expect(addresses("Ana Ruiz <a@example.com>, b@example.com")).toEqual([
      "Ana Ruiz <a@example.com>",
      two[1],
    ]);
  });

  it("only some profiles are none at all until one is chosen", () => {
    const draft: Draft = { ...blank(), name: "A", webhook: { url: "https://a.example" }, only: true };
    expect(problemsOf(draft, [])).toHaveProperty("profiles");
    expect(settingsOf({ ...draft, profiles: ["youtube"] }).profiles).toEqual(["youtube"]);
    expect(settingsOf({ ...draft, only: false, profiles: ["youtube"] }).profiles).toEqual([]);
  });

  it("replaces a secret only by one that was typed", () => {
    expect(secretOf({ ...blank(), secret: { do: "set", typed: "s3cret" } })).toEqual({
      do: "set",
      secret: "s3cret",
    });
    expect(secretOf({ ...blank(), secret: { do: "set", typed: "" } })).toEqual({ do: "keep" });
    expect(secretOf({ ...blank(), secret: { do: "clear" } })).toEqual({ do: "clear" });
  });
});

describe("what is told", () => {
  it("the usual is kept as nothing, so that it may grow; anything else as it is", () => {
    expect(keptOf(USUAL.toReversed())).toEqual([]);
    expect(chosenOf([])).toEqual(chosenOf(USUAL));
    for (const topic of TOPICS) {
      const changed = USUAL.includes(topic) ? USUAL.filter((one) => one !== topic) : [...USUAL, topic];
      expect(isUsual(changed)).toBe(false);
      expect(new Set(chosenOf(keptOf(changed)))).toEqual(new Set(changed));
    }
  });

  it.each(["en", "zh-CN"] as const)("every event has a name of its own in %s", (language) => {
    locale.set(language);
    const all: Topic[] = [...TOPICS, "channel.test"];
    const names = all.map(topicName);
    expect(names.every((name) => name !== "" && !name.includes("_"))).toBe(true);
    expect(new Set(names).size).toBe(all.length);
  });
});
