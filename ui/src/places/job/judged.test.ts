import { afterEach, expect, test } from "vitest";

import { locale } from "$/i18n";
import { judged, WORDS } from "./judged";

afterEach(() => locale.set("en"));

const PHRASES = [
  "0 errors",
  "0 errors in 132 frames decoded",
  "1 tracks",
  "250 frames",
  "at most 60 frames",
  "at most 4.1",
  "0 ms after the picture, within 22 ms",
  "constant, 25/1",
  "variable, 29.833 on average",
  "every 48 frames, nowhere else",
];

test("English is what the engine said", () => {
  for (const text of [...Object.keys(WORDS), ...PHRASES]) expect(judged(text).text).toBe(text);
});

test("Chinese keeps every figure and no English word", () => {
  locale.set("zh-CN");
  for (const text of [...Object.keys(WORDS), ...PHRASES]) {
    const said = judged(text);
    expect(said.english, text).toBe(false);
    expect(said.text).toMatch(/\p{Script=Han}/u);
    expect(said.text.replace(/\b(ms|s)\b/g, "")).not.toMatch(/[a-z]{3,}/);
    expect(said.text.match(/[\d.]+(?:\/\d+)?/g) ?? []).toEqual(text.match(/[\d.]+(?:\/\d+)?/g) ?? []);
  }
});

test("figures need no language, other words say that they are English", () => {
  for (const text of ["640 × 360", "1:1", "0°", "20 s", "48000 Hz", "-14.0 LUFS"]) {
    expect(judged(text), text).toEqual({ text, english: false });
  }
  expect(judged("h264 High").english).toBe(true);
});
