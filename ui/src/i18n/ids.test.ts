import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

/** Written by the engine's tests: every name that it may send, with the values that come with a finding. */
interface Ids {
  doctor: string[];
  findings: Record<string, string[]>;
  rules: string[];
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
  ])("%s_… have words", (prefix, names) => {
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((id) => !messages[`${prefix}_${key(id)}`])).toEqual([]);
  });

  it("findings use only values that come with them", () => {
    const wrong = Object.entries(ids.findings).flatMap(([id, values]) =>
      [...JSON.stringify(messages[`finding_${key(id)}`] ?? "").matchAll(/\{([a-z_]+)\}/g)]
        .map(([, name = ""]) => name)
        .filter((name) => !values.includes(name))
        .map((name) => `${id}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });
});
