// Lines and columns, as people and the engine count them, to places in a text.

/** A fault at a line and a column in characters, both from 1. */
export interface Fault {
  line: number;
  column: number;
  message: string;
  suggestion: string | null;
}

export interface Span {
  from: number;
  to: number;
}

/** The word at a fault, or the rest of its line; never beyond the text. */
export function spanOf(text: string, { line, column }: Pick<Fault, "line" | "column">): Span {
  let start = 0;
  for (let n = 1; n < line; n += 1) {
    const end = text.indexOf("\n", start);
    if (end < 0) {
      start = text.length;
      break;
    }
    start = end + 1;
  }
  const end = text.indexOf("\n", start);
  const whole = text.slice(start, end < 0 ? text.length : end);
  // Characters may be two code units long.
  const before = [...whole].slice(0, Math.max(0, column - 1)).join("").length;
  const rest = whole.slice(before);
  const word = /^(?:[\w.+-]+|"[^"]*"?|\S)/.exec(rest)?.[0] ?? "";
  if (word !== "") return { from: start + before, to: start + before + word.length };
  // At the end of a line its last character is marked, so that there is something to see.
  const last = [...whole].at(-1)?.length ?? 0;
  return { from: start + Math.max(0, before - last), to: start + before };
}
