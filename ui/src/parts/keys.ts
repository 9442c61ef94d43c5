const mac = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

const NAMES: Record<string, string> = mac
  ? {
      Mod: "⌘",
      Shift: "⇧",
      Alt: "⌥",
      Delete: "⌫",
      Enter: "↩",
      Escape: "esc",
      Up: "↑",
      Down: "↓",
      Left: "←",
      Right: "→",
    }
  : { Mod: "Ctrl", Delete: "Del", Escape: "Esc", Enter: "↵", Up: "↑", Down: "↓", Left: "←", Right: "→" };

/** `Mod+K` as what stands on the keys. */
export function keyNames(keys: string): string[] {
  return keys.split("+").map((key) => NAMES[key] ?? key);
}

interface Press {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const KEYS: Record<string, string> = {
  Up: "ArrowUp",
  Down: "ArrowDown",
  Left: "ArrowLeft",
  Right: "ArrowRight",
  Space: " ",
};

/** Whether a key press is a shortcut such as `Mod+Shift+A` or `?`. */
export function isShortcut(press: Press, keys: string): boolean {
  const parts = keys.split("+");
  const key = parts.at(-1) ?? "";
  const wants = (part: string) => parts.includes(part);
  const mod = mac ? press.metaKey : press.ctrlKey;
  if (mod !== wants("Mod") || press.altKey !== wants("Alt")) return false;
  if ((mac ? press.ctrlKey : press.metaKey) && !wants("Meta")) return false;
  // What is typed with Shift, such as `?`, says so itself.
  const letter = /^[a-z0-9]$/i.test(key) || key.length > 1;
  if (letter && press.shiftKey !== wants("Shift")) return false;
  return press.key.toLowerCase() === (KEYS[key] ?? key).toLowerCase();
}

/** Whether keys go into a text where somebody types. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  return (
    target instanceof HTMLInputElement && !["checkbox", "radio", "button", "range"].includes(target.type)
  );
}
