// The files of one watched folder: those in view, of the states and words that are looked for.
import { commands, type ArrivalPage, type ArrivalQuery, type ArrivalState, type ArrivalView } from "$/ipc";
import { Pages, type Slice } from "$/state/pages.svelte";
import { Reread } from "$/state/reread";

type Question = Omit<ArrivalQuery, keyof Slice>;
type Ask = (query: ArrivalQuery) => Promise<ArrivalPage>;

/** Wait after a key before asking, ms. */
export const TYPING = 80;

class ArrivalPages extends Pages<Question, ArrivalView, ArrivalPage> {
  total = $state.raw<number | null>(null);

  get count(): number | null {
    return this.total;
  }

  protected keep(page: ArrivalPage): void {
    this.total = page.total;
  }
}

/** Which files are shown; `all`: every one but those that are gone. */
export type Shown = ArrivalState | "all";

export class Arrivals {
  readonly pages: ArrivalPages;
  shown = $state.raw<Shown>("all");
  text = $state.raw("");
  /** The row that the keyboard was on. */
  active = $state(0);

  #watch: string;
  #typing: ReturnType<typeof setTimeout> | undefined;
  #reread: Reread;

  constructor(watch: string, ask: Ask = (query) => commands.arrivals(query)) {
    this.#watch = watch;
    this.pages = new ArrivalPages(this.#question(), ask);
    this.#reread = new Reread(() => this.pages.refresh());
  }

  #question(): Question {
    return {
      watch: this.#watch,
      states: this.shown === "all" ? [] : [this.shown],
      text: this.text.trim(),
    };
  }

  /** Asks at once. */
  ask(): void {
    clearTimeout(this.#typing);
    void this.pages.ask(this.#question());
  }

  /** Shows files in this state. */
  show(shown: Shown): void {
    this.shown = shown;
    this.active = 0;
    this.ask();
  }

  /** Shows files with this text in their path; typing is waited for. */
  search(text: string): void {
    this.text = text;
    this.active = 0;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.ask(), TYPING);
  }

  /** Shows everything again. */
  clear(): void {
    this.text = "";
    this.show("all");
  }

  /** Something changed: what is in view is read again. */
  touch(): Promise<void> {
    return this.#reread.touch();
  }

  dispose(): void {
    clearTimeout(this.#typing);
  }
}
