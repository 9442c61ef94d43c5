// The history by pages.
import { commands, type HistoryPage, type HistoryQuery, type HistoryRow, type HistoryTotals } from "$/ipc";
import { Pages, type Slice } from "$/state/pages.svelte";

export { PAGE } from "$/state/pages.svelte";

/** What is asked, without the page. */
export type Question = Omit<HistoryQuery, keyof Slice>;
type Ask = (query: HistoryQuery) => Promise<HistoryPage>;

export class HistoryCache extends Pages<Question, HistoryRow, HistoryPage> {
  /** Sums over everything found; `null` before the first answer. */
  totals = $state.raw<HistoryTotals | null>(null);
  partners = $state.raw<string[]>([]);

  constructor(ask: Ask = (query) => commands.history(query)) {
    super({}, ask);
  }

  get count(): number | null {
    return this.totals?.jobs ?? null;
  }

  protected keep(page: HistoryPage): void {
    this.totals = page.totals;
    this.partners = page.partners;
  }
}
