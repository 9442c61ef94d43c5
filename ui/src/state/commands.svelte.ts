import type { Icon } from "$/parts/icon";

export type CommandGroup = "places" | "actions" | "jobs" | "history" | "profiles" | "settings";

/** Something that can be done, found in the palette and under its shortcut. */
export interface Command {
  /** Stable and unique, e.g. `queue.pause`. */
  id: string;
  label: string;
  group?: CommandGroup;
  icon?: Icon;
  /** E.g. `Mod+K`, `Delete`, `?`; `Mod` is Ctrl, or Cmd where that is usual. */
  shortcut?: string;
  /** Further words under which it is found. */
  keywords?: string;
  run: () => unknown;
  /** Whether it makes sense now; absent: always. */
  when?: () => boolean;
}

let sets = $state.raw<readonly (readonly Command[])[]>([]);

/** Adds commands; call what comes back to take them away: `$effect(() => registerCommands([…]))`. */
export function registerCommands(commands: Command[]): () => void {
  // Not read inside the effect that calls this: it must not run again because of its own change.
  queueMicrotask(() => (sets = [...sets, commands]));
  return () => queueMicrotask(() => (sets = sets.filter((set) => set !== commands)));
}

/** Everything that makes sense now; of two with the same id the later one. */
export function availableCommands(): Command[] {
  const byId = new Map<string, Command>();
  for (const command of sets.flat()) byId.set(command.id, command);
  return [...byId.values()].filter((command) => command.when?.() ?? true);
}
