// What the history page keeps while another place is shown.
import { HistoryCache } from "./cache.svelte";
import { NO_FILTERS, questionOf, type Filters } from "./filters";
import { Selection } from "./selection.svelte";

/** Wait after a key before asking, ms. */
export const TYPING = 80;
/** Least time between two quiet refreshes, ms. */
const SETTLE = 400;

export class HistoryStore {
  filters = $state.raw<Filters>(NO_FILTERS);
  readonly cache: HistoryCache;
  readonly selection = new Selection();
  /** The row that the keyboard was on. */
  active = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #touch: ReturnType<typeof setTimeout> | undefined;

  constructor(cache = new HistoryCache()) {
    this.cache = cache;
  }

  /** Asks at once. */
  ask(): void {
    clearTimeout(this.#timer);
    void this.cache.ask(questionOf(this.filters, Date.now()));
  }

  /** Changes what is looked for; typing is waited for. */
  look(filters: Filters): void {
    const typed = filters.text !== this.filters.text;
    this.filters = filters;
    this.active = 0;
    this.selection.clear();
    clearTimeout(this.#timer);
    if (typed) this.#timer = setTimeout(() => this.ask(), TYPING);
    else this.ask();
  }

  /** Something happened to a job. */
  touch(): void {
    if (this.#touch !== undefined) return;
    this.#touch = setTimeout(() => {
      this.#touch = undefined;
      this.cache.touch();
    }, SETTLE);
  }
}

export const store = new HistoryStore();
