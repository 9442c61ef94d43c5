const START = /[\s_\-./:–—(（“「]/;

/** How well `query` fits `text`: 0: not at all. Letters in order, better at the start of words and in one go. */
export function fit(query: string, text: string): number {
  const wanted = query.trim().toLowerCase();
  if (wanted === "") return 1;
  const inside = text.toLowerCase();
  let total = 0;
  for (const word of wanted.split(/\s+/)) {
    const score = fitWord(word, inside);
    if (score === 0) return 0;
    total += score;
  }
  return total / wanted.split(/\s+/).length;
}

function fitWord(word: string, text: string): number {
  const whole = text.indexOf(word);
  if (whole === 0) return 100 + word.length / text.length;
  if (whole > 0) {
    const starts = indicesOf(word, text).some((at) => START.test(text[at - 1] ?? ""));
    return (starts ? 80 : 50) + word.length / text.length;
  }
  return scattered(word, text);
}

function indicesOf(word: string, text: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) found.push(at);
  return found;
}

/** Letters apart from each other; each must begin a word or follow the one before. */
function scattered(word: string, text: string): number {
  let best = 0;
  const reach = (from: number, letter: number, score: number, budget: { left: number }) => {
    if (letter === word.length) return void (best = Math.max(best, score));
    for (let at = from; at < text.length && budget.left-- > 0; at++) {
      if (text[at] !== word[letter]) continue;
      const follows = letter > 0 && at === from;
      const begins = at === 0 || START.test(text[at - 1] ?? "");
      if (follows || begins) reach(at + 1, letter + 1, score + (begins ? 2 : 1), budget);
    }
  };
  reach(0, 0, 0, { left: 2000 });
  return best === 0 ? 0 : (20 * best) / (2 * word.length);
}

export interface Findable {
  label: string;
  keywords?: string;
}

/** Those that fit, best first; those that fit alike keep their order. */
export function find<T extends Findable>(query: string, all: readonly T[]): T[] {
  return all
    .map((one, at) => ({
      one,
      at,
      score: Math.max(fit(query, one.label), fit(query, `${one.keywords ?? ""}`) * 0.6),
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .map(({ one }) => one);
}
