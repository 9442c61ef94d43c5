import Contrast from "@lucide/svelte/icons/contrast";
import FilePlus from "@lucide/svelte/icons/file-plus-2";
import FolderOpen from "@lucide/svelte/icons/folder-open";
import FolderPlus from "@lucide/svelte/icons/folder-plus";
import FolderSync from "@lucide/svelte/icons/folder-sync";
import Keyboard from "@lucide/svelte/icons/keyboard";
import Languages from "@lucide/svelte/icons/languages";
import Monitor from "@lucide/svelte/icons/monitor";
import Moon from "@lucide/svelte/icons/moon";
import Sparkles from "@lucide/svelte/icons/clapperboard";
import Sun from "@lucide/svelte/icons/sun";
import Undo from "@lucide/svelte/icons/arrow-left";

import { m } from "$/i18n";
import { commands, type DesktopSettings } from "$/ipc";
import type { Command } from "$/state/commands.svelte";
import { feed } from "$/state/feed.svelte";
import { prefs } from "$/state/prefs.svelte";
import { view } from "$/state/view.svelte";
import { watches } from "$/state/watches.svelte";
import { ENTRIES } from "./places";

async function looks(change: (desktop: DesktopSettings) => Partial<DesktopSettings>) {
  const error = await prefs.change((now) => {
    const desktop = now.desktop ?? {};
    return { ...now, desktop: { ...desktop, ...change(desktop) } };
  });
  if (error) throw error;
}

/** What can be done everywhere. */
export function shellCommands(show: { palette: () => void; shortcuts: () => void }): Command[] {
  const sheet = () => feed.sheet?.id ?? null;
  const places: Command[] = ENTRIES.map((entry) => ({
    id: `shell.go.${entry.place}`,
    group: "places",
    label: entry.label(),
    icon: entry.icon,
    shortcut: entry.shortcut,
    run: () => view.go(entry.place),
  }));
  return [
    ...places,
    {
      id: "shell.files",
      label: m.shell_command_files(),
      icon: FilePlus,
      shortcut: "Mod+O",
      run: () => commands.chooseFiles(sheet()),
    },
    {
      id: "shell.folder",
      label: m.shell_command_folder(),
      icon: FolderPlus,
      shortcut: "Mod+Shift+O",
      run: () => commands.chooseFolder(sheet()),
    },
    {
      id: "shell.watch",
      label: m.shell_command_watch(),
      icon: FolderSync,
      // That place has the same of its own.
      when: () => view.current.place !== "watches",
      run: async () => {
        const folder = await commands.chooseWatchFolder();
        if (folder === null) return;
        view.go("watches");
        watches.form = { for: "add", places: [folder] };
      },
    },
    {
      id: "shell.sample",
      label: m.shell_command_sample(),
      icon: Sparkles,
      run: () => commands.deliverSample(),
    },
    {
      id: "shell.back",
      label: m.shell_command_back(),
      icon: Undo,
      shortcut: "Alt+Left",
      when: () => view.canGoBack,
      run: () => view.back(),
    },
    {
      id: "shell.palette",
      label: m.shell_palette(),
      shortcut: "Mod+K",
      when: () => false,
      run: show.palette,
    },
    {
      id: "shell.shortcuts",
      label: m.shell_command_shortcuts(),
      icon: Keyboard,
      shortcut: "?",
      run: show.shortcuts,
    },
    {
      id: "shell.data",
      label: m.shell_command_data_folder(),
      icon: FolderOpen,
      run: () => commands.reveal({ what: "data-folder" }),
    },
    ...settingsCommands(),
  ];
}

function settingsCommands(): Command[] {
  const rows = [
    ["light", m.shell_command_light(), Sun, () => looks(() => ({ appearance: "light" }))],
    ["dark", m.shell_command_dark(), Moon, () => looks(() => ({ appearance: "dark" }))],
    ["system", m.shell_command_system(), Monitor, () => looks(() => ({ appearance: "system" }))],
    [
      "contrast",
      m.shell_command_contrast(),
      Contrast,
      () => looks((desktop) => ({ contrast: desktop.contrast === "high" ? "system" : "high" })),
    ],
    ["english", m.shell_command_english(), Languages, () => looks(() => ({ language: "en" }))],
    ["chinese", m.shell_command_chinese(), Languages, () => looks(() => ({ language: "zh-CN" }))],
  ] as const;
  return rows.map(([id, label, icon, run]) => ({
    id: `shell.looks.${id}`,
    group: "settings" as const,
    label,
    icon,
    // Found by the other language's words, too: whoever is in the wrong one has to get out.
    keywords: `${id} theme language 语言 外观 主题 对比度`,
    run,
  }));
}
