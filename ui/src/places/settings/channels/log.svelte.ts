/** The delivery log by pages. */
import { commands, type MessageId, type MessagePage, type MessageQuery, type MessageView } from "$/ipc";
import { Pages, type Slice } from "$/state/pages.svelte";

/** What is asked, without the page. */
export type Question = Omit<MessageQuery, keyof Slice>;

export const EVERYTHING: Question = { channel: null, unsent: false, job: null };

export class MessageLog extends Pages<Question, MessageView, MessagePage> {
  #total = $state.raw<number | null>(null);

  constructor(ask: (query: MessageQuery) => Promise<MessagePage> = (query) => commands.messages(query)) {
    super(EVERYTHING, ask);
  }

  get count(): number | null {
    return this.#total;
  }

  /** A message among those that were read. */
  find(id: MessageId): MessageView | undefined {
    for (let at = 0; at < (this.#total ?? 0); at++) if (this.row(at)?.id === id) return this.row(at);
    return undefined;
  }

  protected keep(page: MessagePage): void {
    this.#total = page.total;
  }
}
