import type { Icon } from "./icon";

export interface MenuItem {
  label: string;
  icon?: Icon;
  onselect: () => unknown;
  danger?: boolean;
  disabled?: boolean;
  /** Shown behind the label, e.g. `Mod+C`; whoever shows the menu listens for it. */
  shortcut?: string;
  /** A line above it. */
  separated?: boolean;
}
