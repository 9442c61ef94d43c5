// Which rows of a long list are in view.

/** Where a list is scrolled to. */
export interface Scrolled {
  /** Pixels above the view. */
  top: number;
  /** Pixels in view. */
  height: number;
  rowHeight: number;
  count: number;
  /** Rows to draw beyond either edge. */
  overscan: number;
}

/** Rows from `first` to before `last` are drawn, rows from `seenFirst` to before `seenLast` are seen. */
export interface RowsInView {
  first: number;
  last: number;
  seenFirst: number;
  seenLast: number;
}

export function rowsInView({ top, height, rowHeight, count, overscan }: Scrolled): RowsInView {
  const within = (index: number) => Math.max(0, Math.min(count, index));
  const seenFirst = within(Math.min(Math.floor(top / rowHeight), count - 1));
  const seenLast = within(Math.ceil((top + Math.max(0, height)) / rowHeight));
  return { first: within(seenFirst - overscan), last: within(seenLast + overscan), seenFirst, seenLast };
}

/** The nearest index that exists; -1 in an empty list. */
export function clampIndex(index: number, count: number): number {
  return Math.max(count > 0 ? 0 : -1, Math.min(index, count - 1));
}
