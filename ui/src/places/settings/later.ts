/** Parts of the settings that their first picture does not need. */
import { Later } from "$/state/later.svelte";

export const later = {
  cloud: new Later(() => import("./cloud/Cloud.svelte")),
  channels: new Later(() => import("./channels/Channels.svelte")),
  log: new Later(() => import("./channels/DeliveryLog.svelte")),
};
