import { afterEach, describe, expect, it } from "vitest";

import { locale } from "$/i18n";
import bindings from "$/ipc/bindings.ts?raw";
import type { Check, Profile, RateControl } from "$/ipc";
import { checkWords, exampleName, limits, rateWords } from "./figures";
import { WORDS, word } from "./words";

afterEach(() => locale.set("en"));

/** The text of a type in the contract. */
function declaration(name: string): string {
  const body = new RegExp(`^export type ${name} = ([\\s\\S]*?);\\n\\n`, "m").exec(bindings)?.[1];
  if (body === undefined) throw new Error(`no type ${name}`);
  return body.replace(/\/\*\*[\s\S]*?\*\//g, "");
}

const values = (name: string) => [...declaration(name).matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? "");

/** Every variant of a tagged union, with its fields. */
function variants(name: string, tag: string): { tag: string; fields: string }[] {
  return declaration(name)
    .split(/\|\s*\{/)
    .map((part) => ({
      tag: new RegExp(`${tag}: "([^"]+)"`).exec(part)?.[1] ?? "",
      fields: part,
    }));
}

/** Types that a profile reaches and that are plain lists of values. */
function reached(from: string, seen = new Set<string>()): Set<string> {
  if (seen.has(from)) return seen;
  seen.add(from);
  for (const [, name] of declaration(from).matchAll(/\b([A-Z][A-Za-z]+)\b/g)) {
    if (name && new RegExp(`^export type ${name} =`, "m").test(bindings)) reached(name, seen);
  }
  return seen;
}

describe("words of profiles", () => {
  it("exist for every list of values that a profile reaches", () => {
    const lists = [...reached("Profile")].filter((name) => !declaration(name).includes("{"));
    expect(lists.length).toBeGreaterThan(15);
    expect(Object.keys(WORDS)).toEqual(expect.arrayContaining(lists));
  });

  it("are complete, and differ from value to value, in both languages", () => {
    for (const language of ["en", "zh-CN"] as const) {
      locale.set(language);
      for (const [type, table] of Object.entries(WORDS)) {
        expect(Object.keys(table).sort(), type).toEqual(values(type).sort());
        const words = Object.values(table).map((say) => (say as () => string)());
        expect(new Set(words).size, `${type} in ${language}`).toBe(words.length);
        for (const said of words) expect(said.trim()).not.toBe("");
      }
    }
  });

  it("say what every check asks, with every figure in it", () => {
    const fill: Record<string, unknown> = {
      any_of: ["aa", "bb"],
      seconds: 90,
      width: 1920,
      height: 1080,
      min: 24,
      max: 60,
    };
    for (const language of ["en", "zh-CN"] as const) {
      locale.set(language);
      const said = variants("Check", "kind").map(({ tag, fields }) => {
        const names = [...fields.matchAll(/(\w+): (?:number|string)/g)].map((match) => match[1] ?? "");
        const check = Object.fromEntries(names.map((name) => [name, fill[name] ?? 7]));
        const text = checkWords({ kind: tag, ...check } as unknown as Check);
        if (names.includes("any_of")) expect(text).toMatch(/aa.*bb/);
        else if (names.length > 0) expect(text, tag).toMatch(/\d/);
        return text;
      });
      expect(said).toHaveLength((declaration("Check").match(/kind:/g) ?? []).length);
      expect(new Set(said).size).toBe(said.length);
    }
  });

  it("say how every rate control spends bits", () => {
    const said = variants("RateControl", "mode").map(({ tag }) =>
      rateWords({ mode: tag, crf: 21, max_kbps: 7_800, buffer_kbit: 12_000 } as RateControl),
    );
    expect(said.every((text) => text.length > 0)).toBe(true);
    expect(new Set(said).size).toBe(3);
  });
});

it("limits are said only where there are some", () => {
  const say = (value: number) => `${value}`;
  expect(limits(null, undefined, say)).toBeNull();
  expect(limits(1, null, say)).toBe("At least 1");
  expect(limits(null, 2, say)).toBe("At most 2");
  expect(limits(1, 2, say)).toBe("1 to 2");
});

it("names are filled in as the engine does it", () => {
  const parts = { profile: "web", partner: "Web", output: "main", container: "mp4" } as const;
  expect(exampleName("{title}_{profile}_{output}", parts)).toBe("Northern Lights S01E04_web_main.mp4");
  expect(exampleName("{{{date}}}", parts)).toBe("{2026-11-22}.mp4");
  expect(exampleName("{title}", { ...parts, container: "hls" })).toMatch(/\/$/);
});

it("words of an unknown value are the value itself", () => {
  expect(word("Exists", "fail" satisfies NonNullable<NonNullable<Profile["delivery"]>["exists"]>)).not.toBe(
    "fail",
  );
  expect(word("Loss", "smell" as never)).toBe("smell");
});
