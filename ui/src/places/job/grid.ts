/** Moving over a grid of cells with the arrow keys. Pure. */
export function moved(key: string, at: number, count: number, columns: number): number | null {
  const to: Record<string, number> = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at + columns,
    ArrowUp: at - columns,
    Home: 0,
    End: count - 1,
  };
  const next = to[key];
  if (next === undefined) return null;
  return next < 0 || next >= count ? at : next;
}
