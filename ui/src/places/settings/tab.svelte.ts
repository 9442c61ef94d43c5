/** Which part of the settings is shown; kept while another place is. */
import type { ChannelId } from "$/ipc";
import { view } from "$/state/view.svelte";

export type SettingsTab = "general" | "cloud" | "channels" | "log";

class Shown {
  tab = $state<SettingsTab>("general");
  /** The delivery log shows messages of this channel only. */
  channel = $state.raw<ChannelId | null>(null);
  /** The delivery log shows only what was not taken. */
  unsent = $state(false);
}

export const shown = new Shown();

/** Shows a part of the settings, wherever one is. */
export function openSettings(tab: SettingsTab): void {
  shown.tab = tab;
  view.go("settings");
}

/** Shows messages of a channel. */
export function openLog(channel: ChannelId | null, unsent = false): void {
  shown.channel = channel;
  shown.unsent = unsent;
  openSettings("log");
}
