import { commands, type DropPurpose } from "$/ipc";
import type { View } from "$/state/view.svelte";

/** What folders dropped on the window are for. */
export const dropPurpose = (shown: View): DropPurpose =>
  shown.place === "watches" || shown.place === "watch" ? "watch" : "deliver";

let last: Promise<unknown> = Promise.resolve();

/** Tells the shell, one after the other: the last word is the one that counts. */
export function sayPurpose(purpose: DropPurpose): Promise<unknown> {
  // A shell that does not answer takes folders as masters, which is asked about before anything starts.
  last = last.then(() => commands.setDrop(purpose)).catch(() => {});
  return last;
}
