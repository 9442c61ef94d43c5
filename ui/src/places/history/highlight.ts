// Where searched words stand in a name.

export interface Piece {
  text: string;
  hit: boolean;
}

/** A text cut into found and other pieces; together they are the text. */
export function pieces(text: string, search: string): Piece[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const lower = text.toLowerCase();
  // Lower case may be longer (İ); places would no longer match.
  if (words.length === 0 || lower.length !== text.length) return text === "" ? [] : [{ text, hit: false }];
  const marked = new Uint8Array(text.length);
  for (const word of words) {
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + 1)) {
      marked.fill(1, at, at + word.length);
    }
  }
  const found: Piece[] = [];
  for (let from = 0, to = 0; from < text.length; from = to) {
    while (to < text.length && marked[to] === marked[from]) to += 1;
    found.push({ text: text.slice(from, to), hit: marked[from] === 1 });
  }
  return found;
}

/** Name and folder of a path, of either kind of system. */
export function nameAndFolder(path: string): { name: string; folder: string } {
  const cut = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  return { name: path.slice(cut + 1), folder: path.slice(0, Math.max(cut, 0)) };
}
