import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

const css = readFileSync("src/tokens.css", "utf8");

function block(selector: string): Record<string, string> {
  const from = css.indexOf(`${selector} {`);
  const text = css.slice(from, css.indexOf("\n}", from));
  return Object.fromEntries(
    [...text.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value]),
  );
}

const light = block(":root");
const dark = { ...light, ...block(':root[data-theme="dark"]') };
const high = { ...light, ...block(':root[data-contrast="high"]') };
const highDark = { ...high, ...dark, ...block(':root[data-contrast="high"][data-theme="dark"]') };

function luminance(color: string): number {
  const parts = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = parts.map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const GROUNDS = ["--bg", "--bg-raised", "--bg-sunken", "--bg-hover", "--bg-selected"];
const TEXTS = ["--text", "--text-2", "--text-3", "--accent-text", "--bad-text", "--warn-text", "--good-text"];
const TONES = ["info", "good", "warn", "bad", "accent"];

describe.each([
  ["light", light, 4.5],
  ["dark", dark, 4.5],
  ["high contrast", high, 7],
  ["high contrast, dark", highDark, 7],
])("%s", (_, tokens, least) => {
  const of = (name: string) => tokens[name] ?? "";

  it("has text that can be read on every ground", () => {
    const weak = GROUNDS.flatMap((ground) =>
      TEXTS.map((text) => ({ ground, text, ratio: contrast(of(ground), of(text)) })),
    ).filter(({ ratio, text }) => ratio < (text === "--text" ? 7 : Math.min(least, 4.5)));
    expect(weak).toEqual([]);
  });

  it("has text that can be read on tinted grounds and buttons", () => {
    const pairs = TONES.map((tone) => [`--${tone}-bg`, `--${tone}-text`]);
    pairs.push(["--accent", "--on-accent"], ["--accent-hover", "--on-accent"], ["--bad", "--on-bad"]);
    const weak = pairs.map(([a = "", b = ""]) => ({ a, b, ratio: contrast(of(a), of(b)) }));
    expect(weak.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
  });

  it("has borders of fields, focus rings and marks that can be seen", () => {
    const marks = ["--line-strong", "--focus-color", "--accent", "--good", "--warn", "--bad", "--info"];
    marks.push(...[1, 2, 3, 4, 5, 6, 7].map((n) => `--series-${n}`));
    const weak = marks.flatMap((mark) =>
      ["--bg", "--bg-raised"].map((ground) => ({ mark, ground, ratio: contrast(of(mark), of(ground)) })),
    );
    expect(weak.filter(({ ratio }) => ratio < 3)).toEqual([]);
  });
});

it("has stronger text in high contrast", () => {
  for (const text of ["--text-2", "--text-3"]) {
    expect(contrast(high[text] ?? "", high["--bg"] ?? "")).toBeGreaterThan(
      contrast(light[text] ?? "", light["--bg"] ?? ""),
    );
    expect(contrast(highDark[text] ?? "", highDark["--bg"] ?? "")).toBeGreaterThanOrEqual(7);
  }
});
