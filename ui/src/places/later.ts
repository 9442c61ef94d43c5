/** Places other than the queue: not part of the first picture. */
import { Later } from "$/state/later.svelte";

export const places = {
  costs: new Later(() => import("./costs/Costs.svelte")),
  history: new Later(() => import("./history/History.svelte")),
  job: new Later(() => import("./job/Job.svelte")),
  profiles: new Later(() => import("./profiles/Profiles.svelte")),
  settings: new Later(() => import("./settings/Settings.svelte")),
  watch: new Later(() => import("./watches/Watch.svelte")),
  watches: new Later(() => import("./watches/Watches.svelte")),
};
