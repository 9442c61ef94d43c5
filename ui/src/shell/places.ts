import FileSliders from "@lucide/svelte/icons/file-sliders";
import FolderSync from "@lucide/svelte/icons/folder-sync";
import History from "@lucide/svelte/icons/history";
import ListVideo from "@lucide/svelte/icons/list-video";
import Settings from "@lucide/svelte/icons/settings-2";
import Wallet from "@lucide/svelte/icons/wallet";

import { m } from "$/i18n";
import type { Icon } from "$/parts/icon";
import type { PlaceName } from "$/state/view.svelte";

/** The entries of the sidebar, in order. */
export const ENTRIES: { place: PlaceName; label: () => string; icon: Icon; shortcut: string }[] = [
  { place: "queue", label: m.shell_queue, icon: ListVideo, shortcut: "Mod+1" },
  { place: "history", label: m.shell_history, icon: History, shortcut: "Mod+2" },
  { place: "watches", label: m.shell_watches, icon: FolderSync, shortcut: "Mod+3" },
  { place: "profiles", label: m.shell_profiles, icon: FileSliders, shortcut: "Mod+4" },
  { place: "costs", label: m.shell_costs, icon: Wallet, shortcut: "Mod+5" },
  { place: "settings", label: m.shell_settings, icon: Settings, shortcut: "Mod+6" },
];
