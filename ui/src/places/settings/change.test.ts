import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { locale } from "$/i18n";
import { levelOf, memoryChoices, niceOf, overriding, VARIABLES } from "./change";
import { doctorTitle } from "$/state/findings";
import { checkAdvice, worstFirst } from "./doctor";

describe("settings", () => {
  it("have a word for every nice value, and the word means it", () => {
    for (let nice = 0; nice <= 19; nice++) {
      const away = Math.abs(niceOf(levelOf(nice)) - nice);
      for (const level of ["normal", "low", "lower", "lowest"] as const)
        expect(away).toBeLessThanOrEqual(Math.abs(niceOf(level) - nice));
    }
  });

  it("offer the memory limit that holds", () => {
    for (const mib of [1, 1024, 3000, 99_999]) {
      const choices = memoryChoices(mib);
      expect(choices).toContain(mib);
      expect(choices).toEqual([...new Set(choices)].sort((a, b) => a - b));
    }
    expect(memoryChoices(null)).not.toContain(0);
  });

  it("are held by their own variable alone", () => {
    for (const [setting, variable] of Object.entries(VARIABLES)) {
      expect(overriding([variable], setting as keyof typeof VARIABLES)).toBe(variable);
      const others = Object.values(VARIABLES).filter((one) => one !== variable);
      expect(overriding(others, setting as keyof typeof VARIABLES)).toBeUndefined();
    }
  });
});

it("checks that fail come first, in the order of the engine", () => {
  const check = (name: string, verdict: "ok" | "warn" | "fail") => ({ name, verdict, text: "", advice: "" });
  const sorted = worstFirst([check("a", "ok"), check("b", "fail"), check("c", "warn"), check("d", "fail")]);
  expect(sorted.map((one) => one.name).join("")).toBe("bdca");
});

it("every check of the engine has a title and, when it fails, advice of the window's own", () => {
  const { doctor } = JSON.parse(readFileSync("src/i18n/engine-ids.json", "utf8")) as { doctor: string[] };
  for (const name of doctor) {
    const check = { name, verdict: "fail" as const, text: "", advice: "the engine's" };
    expect(doctorTitle(name)).not.toBe(name);
    // The engine's English names what is not allowed; other languages have words of their own.
    if (name.startsWith("cloud-")) locale.set("zh-CN");
    expect(checkAdvice(check)).not.toBe(check.advice);
    locale.set("en");
    expect(checkAdvice({ ...check, verdict: "ok" })).toBe("");
  }
});
