import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

/** Written by the engine's tests: every name that it may send, with the values that come with a finding. */
interface Ids {
  doctor: string[];
  failures: Record<string, unknown>;
  findings: Record<string, string[]>;
  routes: Record<string, string[]>;
  rules: string[];
  unsupported: Record<string, string[]>;
}

const read = <T>(path: string) => JSON.parse(readFileSync(path, "utf8")) as T;
const ids = read<Ids>("src/i18n/engine-ids.json");
const key = (id: string) => id.replaceAll("-", "_");

describe.each(["en", "zh-CN"])("names of the engine in %s", (language) => {
  const messages = read<Record<string, unknown>>(`messages/${language}/errors.json`);

  it.each([
    ["finding", Object.keys(ids.findings)],
    ["rule", ids.rules],
    ["doctor", ids.doctor],
    ["route", Object.keys(ids.routes)],
    ["unsupported", Object.keys(ids.unsupported)],
  ])("%s_… have words", (prefix, names) => {
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((id) => !messages[`${prefix}_${key(id)}`])).toEqual([]);
  });

  it("every failure has a title", () => {
    const codes = Object.keys(ids.failures).map((code) => key(code).toLowerCase());
    expect(codes.filter((code) => !messages[`code_${code}_title`])).toEqual([]);
  });

  it.each([
    ["finding", ids.findings],
    ["route", ids.routes],
    ["unsupported", ids.unsupported],
  ])("%s_… use only values that come with them", (prefix, all) => {
    const wrong = Object.entries(all).flatMap(([id, values]) =>
      [...JSON.stringify(messages[`${prefix}_${key(id)}`] ?? "").matchAll(/\{([a-z_]+)\}/g)]
        .map(([, name = ""]) => name)
        .filter((name) => !values.includes(name))
        .map((name) => `${id}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });
});
