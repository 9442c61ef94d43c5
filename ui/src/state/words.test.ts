import { readFileSync } from "node:fs";

import { afterEach, describe, expect, it } from "vitest";

import { locale } from "$/i18n";
import type { Failure, Finding } from "$/ipc";
import { findingWords, ruleTitle } from "./findings";
import { failureWords, leftOutReason, nextAction, stepKind, stepName } from "./words";

/** Written by the engine's tests. */
const ids = JSON.parse(readFileSync("src/i18n/engine-ids.json", "utf8")) as {
  failures: Record<string, { next: string; otherwise: string }>;
};

const failure: Failure = {
  code: "DSK-01",
  what: "\u201cA “b”.mov\u201d was not delivered: there is not enough free space.",
  why: "2 GB are free.",
  did: "The step \u201csegment 75 of 110\u201d was tried 2 times.",
  safe: "The source was only read; 74 of 110 finished segments are kept.",
  spent_microusd: 0,
  next: "Free some space, then `spillway retry 0193`; finished work is kept.",
  otherwise: "Use another work or output folder.",
  waiting_helps: true,
  details: "",
};

afterEach(() => locale.set("en"));

describe("failures", () => {
  it("in English are the engine's own words, but for commands of the command line", () => {
    const words = failureWords(failure);
    expect([words.what.text, words.why.text, words.did.text, words.safe.text, words.otherwise.text]).toEqual([
      failure.what,
      failure.why,
      failure.did,
      failure.safe,
      failure.otherwise,
    ]);
    expect(words.next.text).not.toContain("spillway retry");
    expect(Object.values(words).some((said) => said.original)).toBe(false);
  });

  it("in Chinese are translated by code; what only the engine knows stays English and says so", () => {
    locale.set("zh-CN");
    const words = failureWords(failure);
    expect(words.what.text).toMatch(/^“A “b”\.mov”未交付/);
    expect(words.did.text).toContain("分段 75/110");
    expect(words.safe.text).toMatch(/110.*74/);
    expect(words.why).toEqual({ text: failure.why, original: true });
    for (const part of [words.what, words.did, words.safe, words.next, words.otherwise]) {
      expect(part.original).toBe(false);
      expect(part.text).toMatch(/\p{Script=Han}/u);
    }
    expect(failureWords({ ...failure, did: "Something new." }).did).toEqual({
      text: "Something new.",
      original: true,
    });
  });

  it.each(["en", "zh-CN"] as const)(
    "advise what can be done in the window, every one of them, in %s",
    (language) => {
      locale.set(language);
      const all = Object.entries(ids.failures);
      expect(all.length).toBeGreaterThan(20);
      for (const [code, advice] of all) {
        const words = failureWords({ ...failure, code: code as Failure["code"], ...advice });
        for (const part of ["next", "otherwise"] as const) {
          const { text, original } = words[part];
          expect(text, `${code} ${part}`).not.toMatch(/`|\bspillway [a-z]|\s-o\b|\{/);
          expect(text === "", `${code} ${part}: ${advice[part]}`).toBe(advice[part] === "");
          expect(original).toBe(false);
          if (language === "zh-CN" && text !== "") expect(text).toMatch(/\p{Script=Han}/u);
        }
      }
    },
  );

  it("advice of a newer engine never asks to type a command", () => {
    const newer = {
      ...failure,
      code: "NEW-01" as Failure["code"],
      next: "Run `spillway new`.",
      otherwise: "Wait.",
    };
    expect([failureWords(newer).next.text, failureWords(newer).otherwise.text]).toEqual(["", "Wait."]);
  });

  it("have one next step each", () => {
    expect(nextAction("DSK-01")).toBe("retry");
    expect(nextAction("PRE-01")).toBe("again");
    expect(nextAction("MED-03")).toBe("reveal");
  });
});

describe("findings", () => {
  const finding = {
    verdict: "warn",
    id: "variable-frame-rate",
    text: "Its frames are not evenly spaced (24.5 per second on average).",
    advice: "Deliver a source with a constant frame rate.",
    values: { rate: "24.5" },
  } as Finding;

  it("are translated with their values", () => {
    expect(findingWords(finding).text.text).toBe(finding.text);
    locale.set("zh-CN");
    const words = findingWords(finding);
    expect(words.text.text).toContain("24.5");
    expect(words.text.text).toMatch(/\p{Script=Han}/u);
    expect(words.advice.text).toMatch(/\p{Script=Han}/u);
  });

  it("stay English where values or words are missing", () => {
    locale.set("zh-CN");
    const { verdict, id, text, advice } = finding;
    expect(findingWords({ verdict, id, text, advice } as Finding).text).toEqual({ text, original: true });
    expect(findingWords({ ...finding, id: "brand-new" }).text).toEqual({ text, original: true });
  });
});

describe("names", () => {
  it("are said in the language of the window", () => {
    expect(stepName("segment 3 of 12")).toBe("Segment 3 of 12");
    locale.set("zh-CN");
    expect(stepName("segment 3 of 12")).toBe("分段 3/12");
    expect(stepName("verify main")).toBe("校验：main");
    expect(stepName("hash the source")).toBe(stepKind("hash"));
    expect(stepName("inspect the source")).toBe(stepKind("inspect"));
    expect(stepName("remove temporary files")).toBe(stepKind("tidy"));
    expect(stepName("something else")).toBe("something else");
    expect(leftOutReason("too-many")).toMatch(/10,000/);
    const rule = {
      rule: "times-rise",
      title: "Frame times rise",
      expected: "",
      measured: "",
      verdict: "pass",
    } as const;
    expect(ruleTitle({ ...rule, source: null, place: null }).text).toBe("帧时间递增");
  });
});
