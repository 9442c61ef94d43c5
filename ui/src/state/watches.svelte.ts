// Watched folders: what every place of the window may ask about them.
import { asCommandError, commands, type CommandError, type WatchId, type WatchView } from "$/ipc";
import { Reread } from "$/state/reread";

/** What the form is open for. */
export type WatchForm = { for: "add"; places: readonly string[] } | { for: "edit"; watch: WatchView };

class Watches {
  /** Oldest first; `null` before the first answer. */
  all = $state.raw<readonly WatchView[] | null>(null);
  /** Why they could not be read again. */
  error = $state.raw<CommandError | null>(null);
  /** The form; `null`: closed. */
  form = $state.raw<WatchForm | null>(null);

  #reread = new Reread(async () => {
    try {
      this.all = await commands.watches();
      this.error = null;
    } catch (thrown) {
      this.error = asCommandError(thrown);
    }
  });

  /** Something of them changed. */
  touch(): Promise<void> {
    return this.#reread.touch();
  }

  find(id: WatchId): WatchView | undefined {
    return this.all?.find((one) => one.id === id);
  }

  /** Files and folders that wait for a person. */
  get attention(): number {
    const all = this.all ?? [];
    return all.reduce((sum, one) => sum + one.counts.held + (one.state.state === "unreachable" ? 1 : 0), 0);
  }
}

/** Watched folders. */
export const watches = new Watches();
