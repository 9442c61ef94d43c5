// Rows that something is to be done with.
import type { HistoryRow, JobId } from "$/ipc";

export class Selection {
  #rows = $state.raw<ReadonlyMap<JobId, HistoryRow>>(new Map());
  /** Where a range begins. */
  anchor = 0;

  get rows(): HistoryRow[] {
    return [...this.#rows.values()];
  }

  get ids(): JobId[] {
    return [...this.#rows.keys()];
  }

  get size(): number {
    return this.#rows.size;
  }

  has(row: HistoryRow | undefined): boolean {
    return row !== undefined && this.#rows.has(row.id);
  }

  toggle(row: HistoryRow, index: number): void {
    const next = new Map(this.#rows);
    if (!next.delete(row.id)) next.set(row.id, row);
    this.#rows = next;
    this.anchor = index;
  }

  add(rows: HistoryRow[]): void {
    this.#rows = new Map([...this.#rows, ...rows.map((row) => [row.id, row] as const)]);
  }

  drop(ids: readonly JobId[]): void {
    const gone = new Set(ids);
    this.#rows = new Map([...this.#rows].filter(([id]) => !gone.has(id)));
  }

  clear(): void {
    this.#rows = new Map();
  }
}
