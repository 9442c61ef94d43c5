import { asCommandError, commands, type CommandError, type CostSpan, type CostsPage } from "$/ipc";
import type { DateSpan } from "$/parts/dates";
import { Reread } from "$/state/reread";
import { costSpan, isUsed, type LayerBy } from "./figures";

/** What is shown, and for which span. */
export interface Shown {
  page: CostsPage;
  span: DateSpan;
  asked: CostSpan;
  now: number;
  /** The cloud has never cost anything, in no span. */
  unused: boolean;
}

class Costs {
  span = $state.raw<DateSpan>({ kind: "this-month" });
  by = $state<LayerBy>("partner");
  /** `null` before the first answer. */
  shown = $state.raw<Shown | null>(null);
  /** Why they could not be read, or not again. */
  error = $state.raw<CommandError | null>(null);
  asking = $state(false);

  #reread = new Reread(async () => {
    const { span } = this;
    const now = Date.now();
    const asked = costSpan(span, now);
    try {
      const page = await commands.costs(asked);
      const ever = isUsed(page) || isUsed(await commands.costs({ since_ms: null, until_ms: null }));
      this.shown = { page, span, asked, now, unused: !ever };
      this.error = null;
    } catch (thrown) {
      this.error = asCommandError(thrown);
    }
  });

  /** Something of them changed. */
  async touch(): Promise<void> {
    this.asking = true;
    await this.#reread.touch();
    this.asking = false;
  }

  look(span: DateSpan): void {
    this.span = span;
    void this.touch();
  }
}

export const store = new Costs();
