import { isShortcut, isTyping } from "$/parts/keys";
import { attempt } from "$/shell/attempt";
import { availableCommands } from "$/state/commands.svelte";

/** Listens for the shortcuts of commands whose ids begin so: `<svelte:window onkeydown={shortcuts("watch.")} />`. */
export const shortcuts = (prefix: string) => (event: KeyboardEvent) => {
  if (event.defaultPrevented || event.isComposing) return;
  if (document.querySelector("[role=dialog],[role=alertdialog]") !== null) return;
  const bare = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (bare && isTyping(event.target)) return;
  const command = availableCommands().find(
    (one) => one.id.startsWith(prefix) && one.shortcut && isShortcut(event, one.shortcut),
  );
  if (!command) return;
  event.preventDefault();
  void attempt(() => command.run());
};
