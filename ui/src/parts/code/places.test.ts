import { expect, it } from "vitest";

import { spanOf } from "./places";

const text = 'id = "x"\npartnr = "Zoë 🌊 y" # z\n\n  crf = 99.5\nlast';
const marked = (line: number, column: number) => {
  const { from, to } = spanOf(text, { line, column });
  return text.slice(from, to);
};

it("marks the word at a line and a column", () => {
  expect(marked(1, 1)).toBe("id");
  expect(marked(2, 1)).toBe("partnr");
  expect(marked(2, 10)).toBe('"Zoë 🌊 y"');
  expect(marked(4, 9)).toBe("99.5");
  expect(marked(5, 1)).toBe("last");
});

it("counts characters, not code units", () => {
  // `y` stands behind a character of two code units.
  expect(marked(2, 17)).toBe("y");
  expect(marked(2, 15)).toBe("🌊".slice(0, 1));
});

it("marks the last character where a line ends too soon", () => {
  expect(marked(1, 9)).toBe('"');
  expect(spanOf(text, { line: 3, column: 1 })).toEqual({
    from: text.indexOf("\n\n") + 1,
    to: text.indexOf("\n\n") + 1,
  });
});

it("never leaves the text", () => {
  for (let line = 0; line < 12; line += 1) {
    for (let column = 0; column < 40; column += 1) {
      const { from, to } = spanOf(text, { line, column });
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeGreaterThanOrEqual(from);
      expect(to).toBeLessThanOrEqual(text.length);
      expect(text.slice(from, to)).not.toContain("\n");
    }
  }
});
