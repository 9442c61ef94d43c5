/** Drawing once a frame, however often something changes in between. */
const due = new Set<() => void>();
let asked = false;

function run() {
  asked = false;
  const now = [...due];
  due.clear();
  for (const draw of now) draw();
}

/** Draws at the next frame; returns how to give that up. */
export function atFrame(draw: () => void): () => void {
  due.add(draw);
  if (!asked) {
    asked = true;
    requestAnimationFrame(run);
  }
  return () => due.delete(draw);
}
