/** Channels, read again whenever something happened to them or their messages. */
import { untrack } from "svelte";

import { asCommandError, commands, type ChannelView, type CommandError } from "$/ipc";
import { feed } from "$/state/feed.svelte";
import { Reread } from "$/state/reread";

export class ChannelsStore {
  /** Oldest first; `null` before the first answer. */
  list = $state.raw<readonly ChannelView[] | null>(null);
  error = $state.raw<CommandError | null>(null);

  #reread = new Reread(() => this.#read());

  /** Reads them; done once they are as they were when this was called, or later. */
  load(): Promise<void> {
    return this.#reread.touch();
  }

  async #read(): Promise<void> {
    try {
      this.list = await commands.channels();
      this.error = null;
    } catch (thrown) {
      this.error = asCommandError(thrown);
    }
  }
}

export const store = new ChannelsStore();

/** Calls at first, and whenever messages may have changed. For an effect. */
export function onNews(hear: () => void): void {
  void [feed.revisions.outbox, feed.snapshots];
  untrack(hear);
}
